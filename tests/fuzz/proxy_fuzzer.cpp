// The proxy that the environment names, and NO_PROXY. The input's lines: the proxy, the list, the data plane's URL.
#include <algorithm>
#include <string>

#include "core/config/no_proxy.hpp"
#include "fuzz/input.hpp"
#include "fuzz/require.hpp"
#include "transport/proxy.hpp"

using namespace sluice;

namespace {

void check_list(const endpoint& to, const std::string& list) {
  const bool exempt = is_exempt(to.host, to.port, list);
  bool by_an_entry = false;
  for (std::size_t begin = 0, end; begin <= list.size(); begin = end + 1) {
    end = std::min(list.find_first_of(", \t", begin), list.size());
    by_an_entry = by_an_entry || is_exempt(to.host, to.port, list.substr(begin, end - begin));
  }
  require(exempt == by_an_entry, "a list names what one of its entries names");
  require(is_exempt(to.host, to.port, list + ",*"), "an asterisk names everything");
  const bool has_name = to.host.find_first_not_of('.') != std::string::npos;
  require(!has_name || is_exempt(to.host, to.port, list + " " + to.host_and_port()), "a host is named by itself");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  auto text = text_of(data, size);
  const std::string value = with_password(std::string{take_line(text)}), list{take_line(text)};
  auto to = parse_endpoint(text, true);
  if (!to)
    to = parse_endpoint("https://events.example.com", true);
  check_list(*to, list);
  const auto found = proxy_for(*to, [&](const std::string& name) {
    return name == "all_proxy" ? value : name == "no_proxy" ? list : "";
  });
  if (!found) {
    require(found.error().field == "all_proxy", "an error names the variable");
    require(found.error().message.find(password) == std::string::npos, "an error shows no password");
    return 0;
  }
  if (!*found)
    return 0;
  const auto& p = **found;
  require(!is_exempt(to->host, to->port, list) && !is_loopback(to->host), "what is exempt has no proxy");
  require(is_host_in(value, p.host), "a host is the one that was given");
  require(!p.host.empty() && is_visible(p.host), "a host is a name or an address");
  require(is_port(p.port), "a port is one");
  require(is_visible(p.credentials), "credentials have no byte that would change a request");
  return 0;
}
