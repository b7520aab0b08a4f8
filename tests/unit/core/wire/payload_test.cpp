#include "support/catch.hpp"

#include <random>

#include <nlohmann/json.hpp>
#include <zlib.h>

#include "core/wire/payload.hpp"
#include "support/process.hpp"

using namespace sluice;
using namespace std::chrono_literals;

namespace {

const auto sealed_at = std::chrono::system_clock::from_time_t(1'700'000'000);

std::string joined(int n) {
  std::string events;
  for (int i = 0; i < n; ++i)
    events += (i ? ",\n" : "") + ("{\"messageId\":\"m" + std::to_string(i) + "\",\"text\":\"some, text\\n\"}");
  return events;
}

std::string whole(const attempt_body& a) {
  return a.head + std::string{a.middle} + a.tail;
}

std::string zlib_inflate(const std::string& gzip) {
  z_stream z{};
  REQUIRE(inflateInit2(&z, 16 + MAX_WBITS) == Z_OK);
  std::string out(max_body_bytes, '\0'), in = gzip;
  z.next_in = reinterpret_cast<Bytef*>(in.data());
  z.avail_in = static_cast<uInt>(in.size());
  z.next_out = reinterpret_cast<Bytef*>(out.data());
  z.avail_out = static_cast<uInt>(out.size());
  CHECK(inflate(&z, Z_FINISH) == Z_STREAM_END);
  CHECK(z.avail_in == 0); // one member, nothing after it
  out.resize(z.total_out);
  inflateEnd(&z);
  return out;
}

} // namespace

TEST_CASE("every attempt is one valid gzip member that says its own time", "[core][payload]") {
  payload_sealer sealer;
  const auto payload = sealer.seal(joined(100), true, sealed_at);
  for (const auto later : {0s, 1s, 3600s}) {
    const auto body = attempt_of(*payload, sealed_at + later);
    REQUIRE(body);
    CHECK(body->gzip);
    const auto text = zlib_inflate(whole(*body));
    const auto parsed = nlohmann::json::parse(text);
    CHECK(parsed["batch"].size() == 100);
    CHECK(parsed["sentAt"] == parsed["timestamp"]);
    CHECK(parsed["sentAt"].get<std::string>().substr(0, 17) == (later == 0s   ? "2023-11-14T22:13:"
                                                                : later == 1s ? "2023-11-14T22:13:"
                                                                              : "2023-11-14T23:13:"));
    CHECK(*open_payload(whole(*body)) == text);
  }
}

TEST_CASE("gunzip reads an attempt's body", "[core][payload]") {
  payload_sealer sealer;
  const auto payload = sealer.seal(joined(3), true, sealed_at);
  const auto body = whole(*attempt_of(*payload, sealed_at + 5s));
  test::temporary_folder folder;
  const auto path = folder.write("body.gz", body);
  const auto gunzip = test::run({"/bin/gzip", "-dc", path});
  CHECK(gunzip.status == 0);
  CHECK(nlohmann::json::parse(gunzip.out)["batch"].size() == 3);
  CHECK(gunzip.out == zlib_inflate(body));
}

TEST_CASE("the compressed part is neither copied nor changed by an attempt", "[core][payload]") {
  payload_sealer sealer;
  const auto payload = sealer.seal(joined(10), true, sealed_at);
  const auto a = attempt_of(*payload, sealed_at), b = attempt_of(*payload, sealed_at + 1h);
  CHECK(a->middle.data() == b->middle.data());
  CHECK(a->middle.data() > payload->data());
  CHECK(a->middle.data() < payload->data() + payload->size());
  CHECK(whole(*a) == *payload);
}

TEST_CASE("without gzip the body is plain text", "[core][payload]") {
  payload_sealer sealer;
  const auto payload = sealer.seal(joined(2), false, sealed_at);
  const auto body = attempt_of(*payload, sealed_at);
  CHECK(!body->gzip);
  CHECK(whole(*body) == *payload);
  CHECK(payload->size() == body_overhead + joined(2).size());
  CHECK(nlohmann::json::parse(whole(*body))["batch"][1]["messageId"] == "m1");
}

TEST_CASE("message ids are found without parsing, escapes undone", "[core][payload]") {
  payload_sealer sealer;
  for (const bool gzip : {true, false}) {
    const auto payload =
        sealer.seal("{\"messageId\":\"a\\\"b\\u00e9\",\"x\":1},\n{\"messageId\":\"c\"}", gzip, sealed_at);
    CHECK(*message_ids_of(*payload) == std::vector<std::string>{"a\"bé", "c"});
  }
}

TEST_CASE("a split keeps every event in its order, wherever it is", "[core][payload]") {
  const auto seed = std::random_device{}();
  INFO("seed " << seed);
  std::mt19937 random{seed};
  payload_sealer sealer;
  for (int round = 0; round < 200; ++round) {
    const int n = 2 + static_cast<int>(random() % 60);
    const auto at = 1 + random() % static_cast<unsigned>(n - 1);
    const auto payload = sealer.seal(joined(n), round % 2 == 0, sealed_at);
    const auto halves = split_payload(*payload, at, sealer, sealed_at);
    REQUIRE(halves);
    auto ids = *message_ids_of(*halves->first);
    CHECK(ids.size() == at);
    const auto rest = *message_ids_of(*halves->second);
    ids.insert(ids.end(), rest.begin(), rest.end());
    CHECK(ids == *message_ids_of(*payload));
  }
}

TEST_CASE("a damaged payload is an error, never more", "[core][payload]") {
  const auto seed = std::random_device{}();
  INFO("seed " << seed);
  std::mt19937 random{seed};
  payload_sealer sealer;
  const auto payload = sealer.seal(joined(20), true, sealed_at);
  for (int round = 0; round < 2'000; ++round) {
    std::string bad = *payload;
    bad.resize(random() % bad.size());
    for (int i = 0; i < 3 && !bad.empty(); ++i)
      bad[random() % bad.size()] = static_cast<char>(random());
    attempt_of(bad, sealed_at);
    message_ids_of(bad);
    split_payload(bad, 5, sealer, sealed_at);
  }
  CHECK(!attempt_of("", sealed_at));
  CHECK(!open_payload(payload->substr(0, payload->size() - 9) + payload->substr(payload->size() - 8)));
}

TEST_CASE("a payload is opened up to the largest body that an option allows", "[core][payload]") {
  payload_sealer sealer;
  const auto events = max_body_bytes - body_overhead;
  for (const bool gzip : {true, false}) {
    CHECK(open_payload(*sealer.seal(std::string(events, 'x'), gzip, sealed_at))->size() == max_body_bytes);
    CHECK(open_payload(*sealer.seal(std::string(events + 1, 'x'), gzip, sealed_at)).error().code == errc::too_large);
  }
}
