#pragma once

#include <string>
#include <string_view>

#include "sluice/error.hpp"

namespace sluice {

/// What an error answer of Redis means for us.
enum class redis_trouble : std::uint8_t {
  passing,       ///< LOADING, BUSY, MASTERDOWN, MISCONF, NOREPLICAS, too many clients, …: it may be over soon
  memory_full,   ///< OOM
  no_script,     ///< NOSCRIPT: its scripts were flushed
  not_writable,  ///< READONLY, after a failover: another connection may find the new master
  not_permitted, ///< NOAUTH, WRONGPASS, NOPERM: the credentials are wrong
  wrong_server,  ///< MOVED, CLUSTERDOWN, ASK: a node of a cluster that does not serve the queue
  wrong_type,    ///< WRONGTYPE: one of the queue's keys is something else
  not_owner,     ///< our scripts' word: the session of the caller on the queue is over
  went_back      ///< our scripts' word: the queue is as it was earlier
};

/// Classifies an error answer, by its prefix or by the code that a script's error has inside.
redis_trouble classify_redis_error(std::string_view text) noexcept;

/// As an error that says what to do about it.
error to_error(redis_trouble, std::string_view text);

/// The error of an answer that no server of ours gives.
error answer_not_understood();

/// Of a queue, as `{prefix:name}`, or of its partitions: it is not there; another version made it; one that is to be
/// partition `wanted` is `part` of another queue, which is told by its number; it has another number of partitions, or
/// is about to (`made_with`, as in :ctl).
error no_queue(const std::string& queue);
error other_version(const std::string& queue);
error part_of_another(const std::string& queue, const std::string& wanted, std::string_view part);
error other_partitions(const std::string& queue, std::string_view made_with, const std::string& wanted);

} // namespace sluice
