#include "support/catch.hpp"

#include "store/redis/error.hpp"

using namespace sluice;

TEST_CASE("what Redis answers is classified by its code, wherever that stands", "[store][redis]") {
  const std::pair<const char*, redis_trouble> answers[] = {
      {"OOM command not allowed when used memory > 'maxmemory'.", redis_trouble::memory_full},
      {"ERR Error running script (call to f_1): @user_script:12: @user_script: 12: -OOM command not allowed when used "
       "memory > 'maxmemory'.",
       redis_trouble::memory_full},
      {"EXECABORT Transaction discarded because of: OOM command not allowed", redis_trouble::memory_full},
      {"LOADING Redis is loading the dataset in memory", redis_trouble::passing},
      {"BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.",
       redis_trouble::passing},
      {"MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.", redis_trouble::passing},
      {"MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist to disk.",
       redis_trouble::passing},
      {"NOREPLICAS Not enough good replicas to write.", redis_trouble::passing},
      {"ERR max number of clients reached", redis_trouble::passing},
      {"READONLY You can't write against a read only replica.", redis_trouble::not_writable},
      {"ERR Error running script (call to f_1): @user_script:3: -READONLY You can't write against a read only replica.",
       redis_trouble::not_writable},
      {"NOSCRIPT No matching script. Please use EVAL.", redis_trouble::no_script},
      {"NOAUTH Authentication required.", redis_trouble::not_permitted},
      {"WRONGPASS invalid username-password pair or user is disabled.", redis_trouble::not_permitted},
      {"ERR invalid password", redis_trouble::not_permitted},
      {"NOPERM this user has no permissions to run the 'evalsha' command", redis_trouble::not_permitted},
      {"WRONGTYPE Operation against a key holding the wrong kind of value", redis_trouble::wrong_type},
      {"MOVED 3999 127.0.0.1:6381", redis_trouble::wrong_server},
      {"ASK 3999 127.0.0.1:6381", redis_trouble::passing},
      {"CLUSTERDOWN Hash slot not served", redis_trouble::wrong_server},
      {"SLUICENOTOWNER the queue is not owned by the caller", redis_trouble::not_owner},
      {"ERR The user executing the script can't run this command or subcommand script: 1",
       redis_trouble::not_permitted},
      {"", redis_trouble::passing},
      {"ERR something about a MASK or an OOMPH", redis_trouble::passing}};
  for (const auto& [text, expected] : answers) {
    INFO(text);
    CHECK(classify_redis_error(text) == expected);
  }
}
