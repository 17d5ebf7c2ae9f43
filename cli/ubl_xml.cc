#include "cli/ubl_xml.h"

#include <algorithm>

#include "cli/advice.h"
#include "cli/text.h"

namespace aval::cli {
namespace {

constexpr std::string_view cac_namespace =
    "urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2";
constexpr std::string_view cbc_namespace =
    "urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2";
/// UBL invoices are some eight levels deep; whoever nests deeper wants something else.
constexpr int depth_max = 32;

Failure not_xml(const std::string& why) { return refusal("AVXM", "the file is not well-formed XML: " + why); }

/// True when every '&' starts one of XML's own five entities or a character reference.
bool has_only_own_entities(std::string_view text) {
  for (auto at = text.find('&'); at != std::string_view::npos; at = text.find('&', at + 1)) {
    const auto rest = text.substr(at);
    const bool own = rest.starts_with("&#") || rest.starts_with("&amp;") || rest.starts_with("&lt;") ||
                     rest.starts_with("&gt;") || rest.starts_with("&quot;") || rest.starts_with("&apos;");
    if (!own) return false;
  }
  return true;
}

/// Looks at a document that was parsed with escapes kept and the DTD as a node.
class RawCheck final : public pugi::xml_tree_walker {
 public:
  bool has_doctype = false;
  bool has_foreign_entity = false;
  bool too_deep = false;
  bool not_utf8 = false;

  bool for_each(pugi::xml_node& node) override {
    if (node.type() == pugi::node_doctype) has_doctype = true;
    too_deep = too_deep || depth() > depth_max;
    look_at(node.value());
    for (const auto attribute : node.attributes()) look_at(attribute.value());
    return !has_doctype && !too_deep;
  }

 private:
  void look_at(const char* text) {
    if (!has_only_own_entities(text)) has_foreign_entity = true;
    if (!is_utf8(text)) not_utf8 = true;
  }
};

/// Returns false and fills `out` when the document wants something of its reader, or is broken.
bool check_raw(std::string_view xml, Failure& out) {
  pugi::xml_document raw;
  const auto parsed = raw.load_buffer(xml.data(), xml.size(), pugi::parse_minimal | pugi::parse_doctype);
  if (!parsed) {
    out = not_xml(std::string(parsed.description()) + " at byte " + std::to_string(parsed.offset));
    return false;
  }
  RawCheck check;
  raw.traverse(check);
  const auto roots = std::count_if(raw.begin(), raw.end(),
                                   [](pugi::xml_node node) { return node.type() == pugi::node_element; });
  if (check.has_doctype || check.has_foreign_entity) {
    out = refusal("AVDT", "the file has a DOCTYPE or entities of its own, which are never followed");
  } else if (check.too_deep) {
    out = not_xml("elements are nested deeper than " + std::to_string(depth_max));
  } else if (check.not_utf8) {
    out = not_xml("the text is not UTF-8");
  } else if (roots != 1) {
    out = not_xml("there must be exactly one root element");
  } else {
    return true;
  }
  return false;
}

std::string_view prefix_of(pugi::xml_node element) {
  const std::string_view name = element.name();
  const auto colon = name.find(':');
  return colon == std::string_view::npos ? std::string_view() : name.substr(0, colon);
}

struct Step {
  std::string_view namespace_uri;
  std::string_view name;
};

Step step_of(std::string_view text) {
  AVAL_CHECK(text.starts_with("cac:") || text.starts_with("cbc:"));
  return {text.starts_with("cac:") ? cac_namespace : cbc_namespace, text.substr(4)};
}

void collect(pugi::xml_node parent, std::string_view path, std::vector<pugi::xml_node>& out) {
  const auto slash = path.find('/');
  const Step step = step_of(path.substr(0, slash));
  for (const auto child : parent.children()) {
    if (child.type() != pugi::node_element || local_name(child) != step.name) continue;
    if (namespace_of(child) != step.namespace_uri) continue;
    if (slash == std::string_view::npos)
      out.push_back(child);
    else
      collect(child, path.substr(slash + 1), out);
  }
}

}  // namespace

std::unique_ptr<UblXml> UblXml::parse(std::string_view xml, Failure& failure_out) {
  if (xml.size() > ubl_bytes_max) {
    failure_out = refusal("AVSZ", "the file is larger than 5 MiB");
    return nullptr;
  }
  if (!check_raw(xml, failure_out)) return nullptr;
  auto out = std::make_unique<UblXml>();
  const auto parsed = out->document_.load_buffer(xml.data(), xml.size(), pugi::parse_default);
  AVAL_CHECK(parsed);  // the same bytes were parsed above
  return out;
}

std::string_view local_name(pugi::xml_node element) {
  const std::string_view name = element.name();
  const auto colon = name.find(':');
  return colon == std::string_view::npos ? name : name.substr(colon + 1);
}

std::string_view namespace_of(pugi::xml_node element) {
  const auto prefix = prefix_of(element);
  const std::string declaration = prefix.empty() ? "xmlns" : "xmlns:" + std::string(prefix);
  for (auto level = element; level; level = level.parent()) {
    if (const auto found = level.attribute(declaration.c_str())) return found.value();
  }
  return {};
}

std::vector<pugi::xml_node> find_all(pugi::xml_node parent, std::string_view path) {
  std::vector<pugi::xml_node> out;
  collect(parent, path, out);
  return out;
}

pugi::xml_node find_first(pugi::xml_node parent, std::string_view path) {
  const auto all = find_all(parent, path);
  return all.empty() ? pugi::xml_node() : all.front();
}

std::string text_of(pugi::xml_node element) {
  std::string text;
  for (const auto child : element.children()) {
    if (child.type() == pugi::node_pcdata || child.type() == pugi::node_cdata) text += child.value();
  }
  return collapsed(text);
}

std::string text_at(pugi::xml_node parent, std::string_view path) {
  return text_of(find_first(parent, path));
}

std::string attribute_of(pugi::xml_node element, const char* name) {
  return collapsed(element.attribute(name).value());
}

}  // namespace aval::cli
