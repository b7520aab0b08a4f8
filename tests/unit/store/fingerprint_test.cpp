#include "support/catch.hpp"

#include "store/fingerprint.hpp"

using namespace sluice;

namespace {

std::string fingerprint_for(const std::string& url) {
  options o;
  o.write_key = "k";
  o.data_plane_url = url;
  return fingerprint_of(o);
}

} // namespace

TEST_CASE("http and https are two destinations, and those of https keep their fingerprints", "[store][fingerprint]") {
  CHECK(fingerprint_for("https://h") == "cec60109b68fefafcc894be6c3f2cd0a");
  CHECK(fingerprint_for("https://h") == fingerprint_for("https://h:443/v1/batch/"));
  CHECK(fingerprint_for("http://h") != fingerprint_for("https://h"));
  CHECK(fingerprint_for("http://h:8080") != fingerprint_for("https://h:8080"));
  CHECK(fingerprint_for("http://h") == fingerprint_for("http://h:80/"));
}
