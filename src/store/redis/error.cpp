#include "store/redis/error.hpp"

#include <array>
#include <utility>

#include "core/printable.hpp"

namespace sluice {

namespace {

using error_code = std::pair<std::string_view, redis_trouble>;
constexpr std::array<error_code, 14> codes{{{"SLUICENOTOWNER", redis_trouble::not_owner},
                                            {"SLUICEWENTBACK", redis_trouble::went_back},
                                            {"NOSCRIPT", redis_trouble::no_script},
                                            {"OOM", redis_trouble::memory_full},
                                            {"READONLY", redis_trouble::not_writable},
                                            {"NOAUTH", redis_trouble::not_permitted},
                                            {"WRONGPASS", redis_trouble::not_permitted},
                                            {"NOPERM", redis_trouble::not_permitted},
                                            {"WRONGTYPE", redis_trouble::wrong_type},
                                            {"MOVED", redis_trouble::wrong_server},
                                            {"CLUSTERDOWN", redis_trouble::wrong_server},
                                            {"CROSSSLOT", redis_trouble::wrong_server},
                                            {"ERR invalid password", redis_trouble::not_permitted},
                                            {"ERR The user executing the script", redis_trouble::not_permitted}}};

bool begins_with_word(std::string_view text, std::string_view word) {
  return text.substr(0, word.size()) == word && (text.size() == word.size() || text[word.size()] == ' ');
}

} // namespace

redis_trouble classify_redis_error(std::string_view text) noexcept {
  for (const auto& [word, trouble] : codes) {
    if (begins_with_word(text, word))
      return trouble;
    // Inside of the words of a script's error in Redis 6, "… @user_script:1: -OOM command not allowed …", or of an
    // aborted transaction's, "EXECABORT … because of: OOM …".
    for (auto at = text.find(word); at != std::string_view::npos; at = text.find(word, at + 1))
      if (at > 0 && (text[at - 1] == '-' || (at > 1 && text.substr(at - 2, 2) == ": ")) &&
          begins_with_word(text.substr(at), word))
        return trouble;
  }
  return redis_trouble::passing;
}

error to_error(redis_trouble trouble, std::string_view text) {
  const auto said = "Redis says: " + printable(text, "");
  switch (trouble) {
  case redis_trouble::not_permitted:
    return {errc::store_failed, "redis.password", said + "; check redis.username and redis.password"};
  case redis_trouble::wrong_server:
    return {errc::store_failed, "persistence",
            said + (text.find("MOVED") == std::string_view::npos
                        ? ""
                        : "; another node of the cluster serves the queue, which redis+cluster:// follows")};
  case redis_trouble::wrong_type:
    return {errc::not_a_queue, "queue.name", said + "; a key of the queue is used for something else"};
  case redis_trouble::went_back:
    return {
        errc::store_failed, "persistence",
        "Redis went back in time (a failover, a restart, or it was emptied): what this process has is stored again"};
  case redis_trouble::memory_full:
  case redis_trouble::passing:
  case redis_trouble::no_script:
  case redis_trouble::not_writable:
  case redis_trouble::not_owner:
    break;
  }
  return {errc::store_failed, "persistence", said};
}

error answer_not_understood() {
  return {errc::store_failed, "persistence", "Redis gave an answer that is not understood"};
}

error no_queue(const std::string& queue) {
  return {errc::not_a_queue, "queue.name", "there is no queue " + queue + " in this Redis"};
}

error other_version(const std::string& queue) {
  return {errc::not_a_queue, "queue.name", queue + " was made by another version"};
}

error part_of_another(const std::string& queue, const std::string& wanted, std::string_view part) {
  const auto what = part == "0" ? "a queue by itself" : "partition " + printable(part, "") + " of another queue";
  return {errc::not_a_queue, "queue.name",
          queue + " is " + what + (wanted == "0" ? "" : ", and would be partition " + wanted + " of this one") +
              "; use another name"};
}

error other_partitions(const std::string& queue, std::string_view has, const std::string& wanted) {
  const auto number = printable(has, "");
  if (const auto to = number.find('>'); to != std::string::npos)
    return {errc::not_a_queue, "queue.partitions",
            queue + " is about to have " + number.substr(to + 1) +
                " partitions; run `sluice repartition` again, to its end"};
  return {errc::not_a_queue, "queue.partitions",
          "must be " + number + ", not " + wanted + ": " + queue + " was made with " + number +
              (number == "1" ? " partition" : " partitions") + "; `sluice repartition` changes it while nothing runs"};
}

} // namespace sluice
