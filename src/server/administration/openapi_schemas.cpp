#include "server/administration/openapi.hpp"

namespace sluice {

namespace {

// Moments are in milliseconds since 1970, ages and waits in milliseconds.
constexpr const char* schemas_text = R"json({
"Error": {"type": "object", "required": ["error"], "additionalProperties": false, "properties": {
  "error": {"type": "string"}, "field": {"type": "string", "description": "The parameter that is wrong"}}},
"Document": {"type": "object"},
"Done": {"type": "object", "required": ["done"], "additionalProperties": false, "properties": {"done": {"type": "string"}}},
"State": {"type": "string", "enum": ["flowing", "idle", "unavailable", "misconfigured", "paused", "paused_by_guard",
  "store_failed", "stopping"]},
"Status": {"type": "object", "additionalProperties": false,
  "required": ["now_ms", "name", "version", "uptime_ms", "store", "state", "since_ms", "words", "ready", "reasons",
    "notes", "ledger", "buffer", "queue", "store_error", "destination", "restarts"],
  "properties": {
    "now_ms": {"type": "integer"}, "name": {"type": "string"}, "version": {"type": "string"},
    "uptime_ms": {"type": "integer"}, "store": {"type": "string", "enum": ["memory", "sqlite", "redis"]},
    "state": {"$ref": "#/components/schemas/State"}, "since_ms": {"type": ["integer", "null"]},
    "words": {"type": "string"}, "ready": {"type": "boolean"},
    "reasons": {"type": "array", "items": {"type": "string"}},
    "notes": {"type": "array", "items": {"type": "string"}},
    "ledger": {"$ref": "#/components/schemas/Ledger"},
    "buffer": {"type": "object", "required": ["events", "capacity", "bytes"], "additionalProperties": false,
      "properties": {"events": {"type": "integer"}, "capacity": {"type": "integer"}, "bytes": {"type": "integer"}}},
    "queue": {"oneOf": [{"$ref": "#/components/schemas/Queue"}, {"type": "null"}]},
    "store_error": {"type": "string"},
    "destination": {"type": "object", "additionalProperties": false,
      "required": ["url", "health", "suspended", "last_failure", "next_probe_ms"], "properties": {
        "url": {"type": "string", "description": "Without its query"},
        "health": {"type": "string", "enum": ["healthy", "unavailable", "misconfigured"]},
        "suspended": {"type": "string"}, "last_failure": {"type": "string"},
        "next_probe_ms": {"type": ["integer", "null"]}}},
    "restarts": {"type": "integer"}}},
"Ledger": {"type": "object", "additionalProperties": false, "description": "Events of this process since its start",
  "required": ["accepted", "rejected", "stored", "delivered", "dead", "recovered", "ended_elsewhere", "lost", "waiting",
    "in_store", "retrying", "failed_attempts", "adds_up"],
  "properties": {
    "accepted": {"type": "integer"}, "rejected": {"type": "integer"}, "stored": {"type": "integer"},
    "delivered": {"type": "integer"}, "dead": {"type": "integer"}, "recovered": {"type": "integer"},
    "ended_elsewhere": {"type": "integer"}, "lost": {"type": "integer"}, "waiting": {"type": "integer"},
    "in_store": {"type": "integer"}, "retrying": {"type": "integer"}, "failed_attempts": {"type": "integer"},
    "adds_up": {"type": "boolean"}}},
"Queue": {"type": "object", "additionalProperties": false, "description": "Events of the queue, of all processes",
  "required": ["ready", "in_flight", "retry", "dead", "stored", "delivered", "purged", "erased", "oldest_ready_ms",
    "next_retry_ms", "oldest_dead_ms", "paused", "owners"],
  "properties": {
    "ready": {"type": "integer"}, "in_flight": {"type": "integer"}, "retry": {"type": "integer"},
    "dead": {"type": "integer"}, "stored": {"type": "integer"}, "delivered": {"type": "integer"},
    "purged": {"type": "integer"}, "erased": {"type": "integer"}, "oldest_ready_ms": {"type": ["integer", "null"]},
    "next_retry_ms": {"type": ["integer", "null"]}, "oldest_dead_ms": {"type": ["integer", "null"]},
    "paused": {"type": "boolean"},
    "owners": {"type": "array", "items": {"type": "object", "additionalProperties": false,
      "required": ["name", "suspended", "last_failure", "said_ms_ago"], "properties": {
        "name": {"type": "string"}, "suspended": {"type": "string"}, "last_failure": {"type": "string"},
        "said_ms_ago": {"type": ["integer", "null"]}}}}}},
"History": {"type": "object", "required": ["every_ms", "samples"], "additionalProperties": false, "properties": {
  "every_ms": {"type": "integer"},
  "samples": {"type": "array", "items": {"type": "object", "additionalProperties": false,
    "required": ["at_ms", "accepted", "delivered", "dead", "failed_attempts", "buffer", "ready", "retry",
      "oldest_ready_ms", "to_delivered_p50_ms", "to_delivered_p99_ms", "state"],
    "properties": {
      "at_ms": {"type": "integer"}, "accepted": {"type": "integer"}, "delivered": {"type": "integer"},
      "dead": {"type": "integer"}, "failed_attempts": {"type": "integer"}, "buffer": {"type": "integer"},
      "ready": {"type": ["integer", "null"]}, "retry": {"type": ["integer", "null"]},
      "oldest_ready_ms": {"type": ["integer", "null"]}, "to_delivered_p50_ms": {"type": ["number", "null"]},
      "to_delivered_p99_ms": {"type": ["number", "null"]}, "state": {"$ref": "#/components/schemas/State"}}}}}},
"Letter": {"type": "object", "additionalProperties": false,
  "required": ["id", "events", "attempts", "status", "reason", "died_ms"], "properties": {
    "id": {"type": "string"}, "events": {"type": "integer"}, "attempts": {"type": "integer"},
    "status": {"type": "integer", "description": "The last HTTP status; 0: no response"},
    "reason": {"type": "string"}, "died_ms": {"type": "integer"}}},
"LetterWithEvents": {"type": "object", "additionalProperties": false,
  "required": ["id", "events", "attempts", "status", "reason", "died_ms"], "properties": {
    "id": {"type": "string"}, "events": {"type": "integer"}, "attempts": {"type": "integer"},
    "status": {"type": "integer"}, "reason": {"type": "string"}, "died_ms": {"type": "integer"},
    "batch": {"type": "array", "items": {"type": "object"}},
    "error": {"type": "string", "description": "In an export, instead of `batch`: why the events cannot be read"},
    "payload": {"type": "string", "description": "Instead of `batch`, if it is not a batch in JSON"}}},
"Letters": {"type": "object", "required": ["letters", "next", "looked_at"], "additionalProperties": false,
  "properties": {"letters": {"type": "array", "items": {"$ref": "#/components/schemas/Letter"}},
    "next": {"type": ["string", "null"]}, "looked_at": {"type": "integer"}}},
"Groups": {"type": "object", "required": ["groups", "more_groups", "next", "looked_at"], "additionalProperties": false,
  "properties": {
    "groups": {"type": "array", "items": {"type": "object", "additionalProperties": false,
      "required": ["status", "reason", "letters", "events", "oldest_ms", "newest_ms"], "properties": {
        "status": {"type": "integer"}, "reason": {"type": "string"}, "letters": {"type": "integer"},
        "events": {"type": "integer"}, "oldest_ms": {"type": "integer"}, "newest_ms": {"type": "integer"}}}},
    "more_groups": {"type": "integer"}, "next": {"type": ["string", "null"]}, "looked_at": {"type": "integer"}}},
"Edit": {"type": "object", "additionalProperties": false,
  "description": "What is to become of events, which are counted from 0; each may be named once", "properties": {
    "drop": {"type": "array", "items": {"type": "integer", "minimum": 0}},
    "edit": {"type": "array", "items": {"type": "object", "required": ["index", "event"], "additionalProperties": false,
      "properties": {"index": {"type": "integer", "minimum": 0},
        "event": {"type": "object", "description": "A whole event, as the intake takes it"}}}}}},
"Replaced": {"type": "object", "required": ["id", "replaces", "events", "dropped"], "additionalProperties": false,
  "properties": {"id": {"type": "string", "description": "Of the batch that is ready now"},
    "replaces": {"type": "string"}, "events": {"type": "integer"}, "dropped": {"type": "integer"}}},
"Filter": {"type": "object", "additionalProperties": false, "properties": {
  "status": {"type": "integer", "minimum": 0, "maximum": 999, "description": "The last HTTP status; 0: no response"},
  "reason": {"type": "string", "description": "A part of the reason"},
  "older_than_ms": {"type": "integer", "minimum": 1}, "younger_than_ms": {"type": "integer", "minimum": 1},
  "event": {"type": "string", "description": "The name of a track event in the batch"},
  "user": {"type": "string", "description": "The user id or the anonymous id of an event; with `event`, of the same one"},
  "ids": {"type": "array", "minItems": 1, "items": {"type": "string"}}}},
"Change": {"type": "object", "additionalProperties": false, "properties": {
  "filter": {"$ref": "#/components/schemas/Filter"},
  "all": {"type": "boolean", "description": "Must be true if the filter is empty"},
  "rate": {"type": "number", "exclusiveMinimum": 0, "description": "The most events per second"}}},
"Job": {"type": "object", "additionalProperties": false,
  "required": ["id", "what", "filter", "rate", "by", "state", "error", "letters", "events", "looked_at", "began_ms",
    "ended_ms", "elsewhere"],
  "properties": {
    "id": {"type": "string"}, "what": {"type": "string", "enum": ["replay", "purge", "erase"]},
    "filter": {"$ref": "#/components/schemas/Filter"}, "rate": {"type": ["number", "null"]},
    "by": {"type": "string", "description": "The name of a token; `token` if it has none"},
    "state": {"type": "string", "enum": ["waiting", "running", "done", "cancelled", "failed"]},
    "error": {"type": "string"}, "letters": {"type": "integer"}, "events": {"type": "integer"},
    "looked_at": {"type": "integer"}, "began_ms": {"type": "integer"}, "ended_ms": {"type": ["integer", "null"]},
    "elsewhere": {"type": "boolean", "description": "It is a job of another process, as that noted it: up to 20 seconds ago, or before it ended"}}},
"Unblocked": {"type": "object", "required": ["unblocked"], "additionalProperties": false, "properties": {
  "unblocked": {"type": "integer", "description": "How many of the ids were blocked"}}},
"OneJob": {"type": "object", "required": ["job"], "additionalProperties": false, "properties": {
  "job": {"$ref": "#/components/schemas/Job"}}},
"Jobs": {"type": "object", "required": ["jobs"], "additionalProperties": false, "properties": {
  "jobs": {"type": "array", "items": {"$ref": "#/components/schemas/Job"}}}},
"Destination": {"type": "object", "additionalProperties": false, "properties": {
  "data_plane_url": {"type": "string"}, "write_key": {"type": "string", "writeOnly": true}}}
})json";

} // namespace

nlohmann::ordered_json openapi_schemas() {
  return nlohmann::ordered_json::parse(schemas_text);
}

} // namespace sluice
