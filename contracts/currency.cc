#include "contracts/currency.h"

namespace aval::contracts {
namespace {

// Three letters a code, ascending, so that a lookup is a binary search.
constexpr std::string_view without_decimals = "BIFCLPDJFGNFISKJPYKMFKRWPYGRWFUGXUYIVNDVUVXAFXOFXPF";
constexpr std::string_view two_decimals =
    "AEDAFNALLAMDAOAARSAUDAWGAZNBAMBBDBDTBMDBNDBOBBOVBRLBSDBTNBWPBYNBZDCADCDFCHECHFCHWCNYCOPCOU"
    "CRCCUPCVECZKDKKDOPDZDEGPERNETBEURFJDFKPGBPGELGHSGIPGMDGTQGYDHKDHNLHTGHUFIDRILSINRIRRJMDKES"
    "KGSKHRKPWKYDKZTLAKLBPLKRLRDLSLMADMDLMGAMKDMMKMNTMOPMRUMURMVRMWKMXNMXVMYRMZNNADNGNNIONOKNPR"
    "NZDPABPENPGKPHPPKRPLNQARRONRSDRUBSARSBDSCRSDGSEKSGDSHPSLESOSSRDSSPSTNSVCSYPSZLTHBTJSTMTTOP"
    "TRYTTDTWDTZSUAHUSDUSNUYUUZSVEDVESWSTXADXCDXCGYERZARZMWZWG";
constexpr std::string_view three_decimals = "BHDIQDJODKWDLYDOMRTND";
constexpr std::string_view four_decimals = "CLFUYW";

constexpr std::size_t code_bytes = 3;

bool lists(std::string_view codes, std::string_view code) {
  std::size_t low = 0;
  std::size_t high = codes.size() / code_bytes;
  while (low < high) {
    const std::size_t middle = low + (high - low) / 2;
    const std::string_view found = codes.substr(middle * code_bytes, code_bytes);
    if (found == code) return true;
    found < code ? low = middle + 1 : high = middle;
  }
  return false;
}

}  // namespace

std::optional<unsigned> minor_unit_digits(std::string_view currency) {
  if (currency.size() != code_bytes) return std::nullopt;
  if (lists(two_decimals, currency)) return 2;
  if (lists(without_decimals, currency)) return 0;
  if (lists(three_decimals, currency)) return 3;
  if (lists(four_decimals, currency)) return 4;
  return std::nullopt;
}

}  // namespace aval::contracts
