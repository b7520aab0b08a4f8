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

/// The errors about a queue in Redis, or a partition of one, called as `{prefix:name}`. This one: it is not there.
error no_queue(const std::string& queue);

/// Another version made it.
error other_version(const std::string& queue);

/// It is to be partition `wanted`, and is partition `part` of another queue.
error part_of_another(const std::string& queue, const std::string& wanted, std::string_view part);

/// It has another number of partitions than `wanted`, or is about to: `has` is what :ctl says.
error other_partitions(const std::string& queue, std::string_view has, const std::string& wanted);

} // namespace sluice
