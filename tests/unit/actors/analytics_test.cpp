#include "support/catch.hpp"

#include <sstream>

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>

#include "actors/handles.hpp"
#include "core/persistence/block_list.hpp"
#include "sluice/analytics.hpp"
#include "sluice/config.hpp"
#include "store/make_store.hpp"
#include "support/pipeline.hpp"
#include "support/process.hpp"

using namespace sluice;
using namespace sluice::test;

namespace {

// An application whose CAF writes a log file; each version of CAF reads the group that it knows.
struct logging_config : caf::actor_system_config {
  explicit logging_config(const std::string& file) {
    configure(*this, custom_options_);
    std::istringstream text{"logger {\n file-name = \"" + file + "\"\n file-verbosity = 'info'\n}\n" +
                            "caf {\n logger {\n file {\n path = \"" + file + "\"\n verbosity = 'info'\n}\n}\n}\n"};
    REQUIRE_FALSE(parse(std::vector<std::string>{}, text));
  }
};

// An application with these arguments and this configuration file.
struct application_config : caf::actor_system_config {
  application_config(std::vector<std::string> arguments, const std::string& text) {
    configure(*this, custom_options_);
    std::istringstream file{text};
    REQUIRE_FALSE(parse(std::move(arguments), file));
  }
};

} // namespace

TEST_CASE("an option of a group within a group is read from the file and the command line", "[actors]") {
  const application_config config{{"--sluice.redis.tls.enabled", "--sluice.redis.sentinel.nodes=s1,s2:26380"},
                                  "sluice {\n redis {\n port = 6380\n sentinel {\n master = \"m\"\n nodes = "
                                  "\"s0\"\n}\n tls {\n ca_file = \"ca\"\n}\n}\n}\n"};
  options o;
  CHECK(options_from(config, o).empty());
  CHECK(o.redis.port == 6'380);
  CHECK(o.redis.tls.enabled);
  CHECK(o.redis.tls.ca_file == "ca");
  CHECK(o.redis.sentinel.nodes == "s1,s2:26380");
  CHECK(o.redis.sentinel.master == "m");
}

TEST_CASE("an actor system that does not know our messages is refused", "[actors]") {
  caf::actor_system_config not_configured;
  caf::actor_system system{not_configured};
  const auto running = spawn_analytics(system, {});
  REQUIRE(!running);
  // CAF 1.x keeps types for the process: there only the options are wrong.
  CHECK(running.error().front().field == (compat::knows<track>(system) ? "write_key" : "actor_system"));
}

TEST_CASE("a user whom the queue blocks is kept out from the first event on", "[actors][block]") {
  const temporary_folder folder;
  auto o = pipeline::to("http://127.0.0.1:1");
  o.persistence = "sqlite:" + folder.path() + "/queue.db";
  REQUIRE(pipeline{o}.running().shutdown()); // makes the file
  {
    const auto queue = make_queue_admin(o);
    REQUIRE(queue);
    const auto now = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
    REQUIRE(block(**queue, {.user = "u"}, now + std::chrono::hours{1}, now));
  }
  pipeline p{o};
  CHECK(p.client().track({.user_id = "u"}, "e").error().code == errc::user_blocked);
  CHECK(p.client().track({.user_id = "v"}, "e"));
}

TEST_CASE("what actors answer is told in the same words by every CAF", "[actors]") {
  CHECK(describe(to_caf_error({errc::too_large, "properties", "at most 32 KiB"})) ==
        "properties: at most 32 KiB (too_large)");
  CHECK(describe(caf::make_error(caf::sec::unexpected_message)).find("unexpected_message") != std::string::npos);
}

TEST_CASE("without a log function, lines go to CAF's log file", "[actors]") {
  const temporary_folder folder;
  const auto file = folder.path() + "/caf.log";
  logging_config config{file};
  caf::actor_system system{config};
  const auto running = spawn_analytics(system, pipeline::to("http://127.0.0.1:1"));
  REQUIRE(running.has_value());
  compat::anon_send(running->buffer, track{.event = "nobody's"});
  CHECK(eventually([&] { return read_file(file).find("1 events were rejected: ") != std::string::npos; }));
  CHECK(read_file(file).find("sluice WARN") != std::string::npos);
}
