#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <pugixml.hpp>

#include "cli/session.h"

namespace aval::cli {

/// A UBL file that was too much to be read into memory is refused before reading.
constexpr std::size_t ubl_bytes_max = 5U << 20U;

/// An XML document that cannot reach outside itself: document type declarations and entities of its
/// own are refused, not skipped, and so is what is not well-formed UTF-8.
class UblXml {
 public:
  /// On failure `failure` says what was wrong: AVSZ (size), AVXM (not XML), AVDT (DTD or entity).
  static std::unique_ptr<UblXml> parse(std::string_view xml, Failure& failure);
  pugi::xml_node root() const { return document_.document_element(); }

 private:
  pugi::xml_document document_;
};

/// Name without prefix, and the namespace that its prefix stands for.
std::string_view local_name(pugi::xml_node element);
std::string_view namespace_of(pugi::xml_node element);

/// The elements at `path` below `parent`, in document order. Steps are separated by '/', prefixes are
/// those that everybody uses, cac: and cbc:, whatever the document calls them.
std::vector<pugi::xml_node> find_all(pugi::xml_node parent, std::string_view path);
/// The first of them, or an empty node.
pugi::xml_node find_first(pugi::xml_node parent, std::string_view path);

/// All the text of an element, comments left out, white space collapsed; empty for an empty node.
std::string text_of(pugi::xml_node element);
std::string text_at(pugi::xml_node parent, std::string_view path);
std::string attribute_of(pugi::xml_node element, const char* name);

}  // namespace aval::cli
