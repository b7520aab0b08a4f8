#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "server/administration/jobs.hpp"

namespace sluice {

/// What the names of the notes of jobs begin with; the id of the job follows.
inline constexpr const char* notes_of_jobs = "job/";

/// Returns the text of a job's note. `process`: which runs it. `beat`: another one for each note.
std::string note_of(const job&, const std::string& process, std::uint64_t beat);

/// Whether this may be the id of a job, which is shown and logged.
bool is_job_id(std::string_view) noexcept;

/// Reads the note of a job, which leaves letters alone that died after it was asked for. Nothing for a text that is
/// none, as a later version may write.
std::optional<noted_job> read_job_note(const queue_note&);

} // namespace sluice
