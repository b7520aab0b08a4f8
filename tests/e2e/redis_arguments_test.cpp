#include "support/catch.hpp"

#include "support/command_queue.hpp"

using namespace sluice::test;

namespace {

// What the command says when it refuses the words.
std::string refusal(std::vector<std::string> words, std::vector<std::string> environment = {}) {
  words.insert(words.begin(), SLUICE_COMMAND_PATH);
  environment.push_back("SLUICE_WRITE_KEY=k");
  const auto done = run(std::move(words), "", std::move(environment));
  CHECK(done.status == 2);
  CHECK(lines_of(done.err).size() == 1);
  return done.err;
}

using command_words = std::vector<std::string>;

// Every kind of command that takes a store.
const std::vector<command_words> users_of_a_store{{"send", "-", "--url", "http://127.0.0.1:1"},
                                                  {"run", "--url", "http://127.0.0.1:1"},
                                                  {"status"},
                                                  {"dead", "list"},
                                                  {"pause"}};

command_words with(command_words words, const command_words& more) {
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

} // namespace

TEST_CASE("files for TLS to Redis are options of every command with a store, and need TLS", "[e2e][usage][redis]") {
  for (const auto& command : users_of_a_store)
    for (const char* option :
         {"--redis-ca-file", "--redis-certificate-file", "--redis-key-file", "--redis-server-name"}) {
      const auto said = refusal(with(command, {"--store", "redis://127.0.0.1:1", option, "x"}));
      INFO(said);
      CHECK(said.find(": " + std::string{option} + ": must be empty without TLS") != std::string::npos);
    }
}

TEST_CASE("files for TLS to Redis must be usable, and come from the environment as well", "[e2e][usage][redis]") {
  const auto missing = refusal({"status", "--store", "rediss://127.0.0.1:1", "--redis-ca-file", "/no/such/file"});
  CHECK(missing == "sluice status: --redis-ca-file: must be a PEM file with certificates that can be read, not "
                   "/no/such/file\n");
  CHECK(refusal({"status", "--store", "rediss://127.0.0.1:1"}, {"SLUICE_REDIS_CA_FILE=/no/such/file"}) == missing);
  CHECK(refusal({"status", "--store", "rediss://127.0.0.1:1", "--redis-key-file", "/no/such/file"}) ==
        "sluice status: --redis-certificate-file: is required with redis.tls.key_file\n");
}

TEST_CASE("the password of the Sentinels comes from a file, which must be readable", "[e2e][usage][redis]") {
  const std::string message = "--redis-sentinel-password-file: /no/such/file cannot be read or is empty\n";
  for (const auto& command : users_of_a_store) {
    const auto words = with(command, {"--store", "redis+sentinel://127.0.0.1:1/m"});
    const auto by_option = refusal(with(words, {"--redis-sentinel-password-file", "/no/such/file"}));
    INFO(by_option);
    CHECK(by_option.ends_with(message));
    CHECK(refusal(words, {"SLUICE_REDIS_SENTINEL_PASSWORD_FILE=/no/such/file"}).ends_with(message));
  }
}

TEST_CASE("a URL with Sentinels that is wrong is refused without its password", "[e2e][usage][redis]") {
  const auto said = refusal({"status", "--store", "redis+sentinel://:s3cret@s1,s2:0/m"});
  CHECK(said.find("sluice status: --store: must be a list host[:port],host[:port]...; node 2") == 0);
  CHECK(said.find("s3cret") == std::string::npos);
  const auto cluster = refusal({"status", "--store", "redis+cluster://:s3cret@h/1"});
  CHECK(cluster.find("a Redis Cluster has one database") != std::string::npos);
  CHECK(cluster.find("s3cret") == std::string::npos);
}
