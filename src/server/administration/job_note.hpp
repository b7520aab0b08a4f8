#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "server/administration/jobs.hpp"

namespace sluice {

/// What the names of the notes of jobs begin with; the id of the job follows.
inline constexpr const char* notes_of_jobs = "job/";

/// Returns what a queue notes of a job of a process. `beat` tells notes apart that are alike otherwise.
std::string note_of(const job&, const std::string& process, std::uint64_t beat);

/// A job as it was noted, and its process. It does not look at letters that died after it was asked for.
struct noted_job {
  job what;
  std::string process{};
};

/// Reads such a note. Nothing for what is none, as of a later version.
std::optional<noted_job> read_job_note(const queue_note&);

} // namespace sluice
