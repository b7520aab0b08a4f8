#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "sluice/error.hpp"

namespace sluice {

/// Finds the events in the body of a batch request, `{"batch":[…],…}`, without building a tree of it. For use by one
/// thread.
class batch_reader {
public:
  /// Called with the JSON text of each element of the batch. It is valid until the call returns, has brackets and
  /// strings that end, and is otherwise unchecked: `event_reader` reads it.
  using visitor = std::function<void(std::string_view json_text)>;

  batch_reader();
  ~batch_reader();

  /// Calls `visit` for every element of `batch`, in their order. Members besides `batch` are passed over. Errors, after
  /// which `visit` may have been called: `invalid_json`, `invalid_utf8`, `wrong_kind`, `missing_field`, and `too_large`
  /// for more than `most` elements, with the name of the member.
  result<void> read(std::string body, std::size_t most, const visitor& visit);

private:
  class parser;
  std::unique_ptr<parser> parser_;
};

/// Returns the text of an event with its type as the last member, which is the one that counts: for a request whose
/// path says the type.
std::string with_type(std::string_view given, std::string_view type);

} // namespace sluice
