#include "support/json_schema.hpp"

#include <algorithm>

namespace sluice::test {

namespace {

using nlohmann::ordered_json;

bool has_type(const ordered_json& value, const std::string& type) {
  return (type == "object" && value.is_object()) || (type == "array" && value.is_array()) ||
         (type == "string" && value.is_string()) || (type == "boolean" && value.is_boolean()) ||
         (type == "integer" && value.is_number_integer()) || (type == "number" && value.is_number()) ||
         (type == "null" && value.is_null());
}

bool has_a_type(const ordered_json& value, const ordered_json& types) {
  if (types.is_string())
    return has_type(value, types);
  return std::any_of(types.begin(), types.end(), [&](const ordered_json& t) { return has_type(value, t); });
}

std::string misfit_of_object(const ordered_json& value, const ordered_json& schema, const ordered_json& document,
                             const std::string& at) {
  for (const auto& name : schema.value("required", ordered_json::array()))
    if (!value.contains(name.get<std::string>()))
      return at + ": " + name.get<std::string>() + " is missing";
  const auto properties = schema.value("properties", ordered_json::object());
  for (const auto& [name, member] : value.items()) {
    const auto where = at + "." + name;
    if (!properties.contains(name)) {
      if (!schema.value("additionalProperties", true))
        return where + " is not described";
      continue;
    }
    if (auto wrong = misfit(member, properties[name], document, where); !wrong.empty())
      return wrong;
  }
  return "";
}

} // namespace

std::string misfit(const ordered_json& value, const ordered_json& schema, const ordered_json& document,
                   const std::string& at) {
  if (schema.contains("$ref"))
    return misfit(value, document.at(ordered_json::json_pointer{schema["$ref"].get<std::string>().substr(1)}), document,
                  at);
  if (schema.contains("oneOf")) {
    std::string all;
    for (const auto& one : schema["oneOf"]) {
      const auto wrong = misfit(value, one, document, at);
      if (wrong.empty())
        return "";
      all += wrong + "; ";
    }
    return all;
  }
  if (schema.contains("type") && !has_a_type(value, schema["type"]))
    return at + " is " + value.dump() + ", and not " + schema["type"].dump();
  if (schema.contains("enum") && std::find(schema["enum"].begin(), schema["enum"].end(), value) == schema["enum"].end())
    return at + " is " + value.dump() + ", which is none of " + schema["enum"].dump();
  if (value.is_object())
    return misfit_of_object(value, schema, document, at);
  for (std::size_t i = 0; value.is_array() && schema.contains("items") && i < value.size(); ++i)
    if (auto wrong = misfit(value[i], schema["items"], document, at + "[" + std::to_string(i) + "]"); !wrong.empty())
      return wrong;
  return "";
}

} // namespace sluice::test
