#include "node/strict_json.h"

#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

namespace aval::node {
namespace {

using nlohmann::json;

/// Builds the value event by event and stops at the first broken rule, so that hostile input costs no
/// more than the bytes before it.
class StrictReader final : public json::json_sax_t {
 public:
  explicit StrictReader(const JsonLimits& limits) : limits_(limits) {}

  const std::string& refusal() const { return refusal_; }
  json take() { return std::move(root_); }

  bool null() override { return add(nullptr); }
  bool boolean(bool value) override { return add(value); }
  bool number_unsigned(number_unsigned_t value) override { return add(value); }
  bool number_integer(number_integer_t value) override {
    // The lexer calls this for a leading minus only, so zero can only have been written -0.
    return value == 0 ? refuse("-0 is not an integer") : add(value);
  }
  bool number_float(number_float_t, const string_t& text) override {
    return text.find_first_of(".eE") == string_t::npos
               ? refuse("an integer does not fit 64 bits")
               : refuse("numbers with fraction or exponent are not accepted; write amounts as strings");
  }
  bool string(string_t& value) override { return fits(value) && add(std::move(value)); }
  bool binary(binary_t&) override { return refuse("binary values are not JSON"); }

  bool start_object(std::size_t) override { return open(json::object()); }
  bool start_array(std::size_t) override { return open(json::array()); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }

  bool key(string_t& name) override {
    const json& object = *levels_.back().container;
    if (!fits(name)) return false;
    if (object.size() >= limits_.keys_per_object_max) {
      return refuse("an object has more than " + std::to_string(limits_.keys_per_object_max) + " keys");
    }
    if (object.contains(name)) return refuse("a key stands twice in one object");
    levels_.back().key = std::move(name);
    return true;
  }

  bool parse_error(std::size_t position, const std::string&, const json::exception&) override {
    return refuse("not valid JSON at byte " + std::to_string(position));
  }

 private:
  struct Level {
    json* container;
    std::string key;  // of the member that comes next, in an object
  };

  bool refuse(std::string why) {
    refusal_ = std::move(why);
    return false;
  }

  bool fits(const string_t& text) {
    if (text.size() > limits_.string_bytes_max) {
      return refuse("a string is longer than " + std::to_string(limits_.string_bytes_max) + " bytes");
    }
    if (text.find('\0') != string_t::npos) return refuse("a string contains NUL");
    return true;
  }

  bool add(json value) { return place(std::move(value)) != nullptr; }

  bool open(json container) {
    if (levels_.size() >= limits_.depth_max) {
      return refuse("nesting is deeper than " + std::to_string(limits_.depth_max));
    }
    json* const placed = place(std::move(container));
    if (placed == nullptr) return false;
    levels_.push_back({placed, {}});
    return true;
  }

  bool close() {
    levels_.pop_back();
    return true;
  }

  /// Where the value now stands; stays valid until its container gets the next one.
  json* place(json value) {
    if (++values_ > limits_.values_max) {
      refuse("more than " + std::to_string(limits_.values_max) + " values");
      return nullptr;
    }
    if (levels_.empty()) {
      root_ = std::move(value);
      return &root_;
    }
    Level& level = levels_.back();
    if (level.container->is_array()) {
      level.container->push_back(std::move(value));
      return &level.container->back();
    }
    return &((*level.container)[level.key] = std::move(value));
  }

  const JsonLimits& limits_;
  json root_;
  std::vector<Level> levels_;
  std::size_t values_ = 0;
  std::string refusal_;
};

}  // namespace

Result<json> parse_strict_json(ByteView bytes, const JsonLimits& limits) {
  // The library would take the first NUL for the end of the text and skip a byte order mark.
  if (bytes.find('\0') != ByteView::npos) return unexpected(Error::Code::Malformed, "JSON: contains NUL");
  if (bytes.starts_with("\xEF\xBB\xBF")) {
    return unexpected(Error::Code::Malformed, "JSON: starts with a byte order mark");
  }
  StrictReader reader(limits);
  if (!json::sax_parse(bytes.begin(), bytes.end(), &reader)) {
    return unexpected(Error::Code::Malformed, "JSON: " + reader.refusal());
  }
  return reader.take();
}

}  // namespace aval::node
