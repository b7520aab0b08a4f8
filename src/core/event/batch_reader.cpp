#include "core/event/batch_reader.hpp"

#include <utility>

#include <simdjson.h>

#include "core/event/json_copier.hpp"

namespace sluice {

namespace {

// What a longer body has taken is given back after it.
constexpr std::size_t max_kept_body = std::size_t{1} << 20;

constexpr std::string_view white_space = " \t\r\n";

error not_json(simdjson::error_code why) {
  if (why == simdjson::UTF8_ERROR)
    return {errc::invalid_utf8, "body", "UTF-8 was expected"};
  if (why == simdjson::INCORRECT_TYPE)
    return {errc::wrong_kind, "body", "an object with a list of events was expected"};
  return {errc::invalid_json, "body", "JSON was expected"};
}

} // namespace

class batch_reader::parser {
public:
  result<void> read(std::string& body, std::size_t most, const visitor& visit) {
    namespace ondemand = simdjson::ondemand;
    const auto size = body.size();
    body.append(simdjson::SIMDJSON_PADDING, ' ');
    ondemand::document document;
    ondemand::object members;
    if (const auto why = parser_.iterate(body.data(), size, body.size()).get(document))
      return not_json(why);
    if (const auto why = document.get_object().get(members))
      return not_json(why);
    bool has_batch = false;
    for (auto next : members) {
      ondemand::field member;
      if (const auto why = std::move(next).get(member))
        return not_json(why);
      std::string_view name; // without escapes, so that nobody can read another member than this does
      if (const auto why = member.unescaped_key().get(name))
        return not_json(why);
      if (name != "batch")
        continue;
      if (std::exchange(has_batch, true))
        return error{errc::wrong_kind, "batch", "is there twice"};
      if (auto done = read_events(member.value(), most, visit); !done)
        return done;
    }
    if (document.current_location().error() != simdjson::OUT_OF_BOUNDS)
      return error{errc::invalid_json, "body", "nothing was expected behind the object"};
    if (!has_batch)
      return error{errc::missing_field, "batch", "is required"};
    return {};
  }

private:
  static result<void> read_events(simdjson::ondemand::value& batch, std::size_t most, const visitor& visit) {
    simdjson::ondemand::array events;
    if (batch.get_array().get(events))
      return error{errc::wrong_kind, "batch", "a list of events was expected"};
    std::size_t count = 0;
    for (auto next : events) {
      if (++count > most)
        return error{errc::too_large, "batch", "at most " + std::to_string(most) + " events were expected"};
      simdjson::ondemand::value one;
      std::string_view text;
      if (const auto why = decltype(next){next}.get(one)) // `get` is for temporaries only
        return not_json(why);
      if (const auto why = text_of_value(one).get(text))
        return not_json(why);
      visit(text);
    }
    return {};
  }

  simdjson::ondemand::parser parser_;
};

batch_reader::batch_reader() = default;
batch_reader::~batch_reader() = default;

result<void> batch_reader::read(std::string body, std::size_t most, const visitor& visit) {
  if (!parser_)
    parser_ = std::make_unique<parser>();
  const bool is_long = body.size() > max_kept_body;
  auto done = parser_->read(body, most, visit);
  if (is_long)
    parser_.reset();
  return done;
}

std::string with_type(std::string_view given, std::string_view type) {
  const auto last = given.find_last_not_of(white_space);
  if (last == std::string_view::npos || given[last] != '}')
    return std::string{given}; // no object, as the reader will say
  const auto before = given.substr(0, last).find_last_not_of(white_space);
  const bool is_empty = before == std::string_view::npos || given[before] == '{';
  std::string text{given.substr(0, last)};
  text.append(is_empty ? "" : ",").append(R"("type":")").append(type).append("\"}");
  return text;
}

} // namespace sluice
