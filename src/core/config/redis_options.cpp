#include "core/config/redis_options.hpp"

#include <utility>

#include "core/config/pem_file.hpp"
#include "core/config/redis_nodes.hpp"
#include "core/config/url_host.hpp"

namespace sluice {

namespace {

using wrong_options = std::vector<error>;

void add_wrong(wrong_options& to, const char* name, std::string message) {
  to.push_back({errc::invalid_option, name, std::move(message)});
}

// Adds an error unless both are given, or none.
void check_pair(wrong_options& to, const char* name, const std::string& value, const char* other_name,
                const std::string& other) {
  if (value.empty() && !other.empty())
    add_wrong(to, name, std::string{"is required with "} + other_name);
  if (other.empty() && !value.empty())
    add_wrong(to, other_name, std::string{"is required with "} + name);
}

void check_tls(const redis_tls_options& tls, wrong_options& to) {
  constexpr auto ca_file = "redis.tls.ca_file", certificate_file = "redis.tls.certificate_file",
                 key_file = "redis.tls.key_file", server_name = "redis.tls.server_name";
  if (!tls.enabled) {
    // To connect without TLS is not what was meant then.
    for (const auto& [name, value] : {std::pair{ca_file, &tls.ca_file},
                                      {certificate_file, &tls.certificate_file},
                                      {key_file, &tls.key_file},
                                      {server_name, &tls.server_name}})
      if (!value->empty())
        add_wrong(to, name, "must be empty without TLS, which redis.tls.enabled or a URL with rediss switches on");
    return;
  }
  check_pair(to, certificate_file, tls.certificate_file, key_file, tls.key_file);
  for (const auto& [name, file] : {std::pair{ca_file, &tls.ca_file}, {certificate_file, &tls.certificate_file}})
    if (!file->empty() && !has_pem(*file, "CERTIFICATE"))
      add_wrong(to, name, "must be a PEM file with certificates that can be read, not " + *file);
  if (!tls.key_file.empty() && !has_pem(tls.key_file, "PRIVATE KEY"))
    add_wrong(to, key_file, "must be a PEM file with a private key that can be read, not " + tls.key_file);
  if (!tls.server_name.empty() && !is_host_name(tls.server_name))
    add_wrong(to, server_name, "must be a name of letters, digits, hyphens, underscores and dots");
}

void check_sentinels(const redis_sentinel_options& sentinel, wrong_options& to) {
  check_pair(to, "redis.sentinel.nodes", sentinel.nodes, "redis.sentinel.master", sentinel.master);
  if (!sentinel.nodes.empty())
    if (auto nodes = parse_redis_nodes(sentinel.nodes, sentinel_nodes); !nodes)
      to.push_back(nodes.error());
  if (!sentinel.master.empty() && !is_master_name(sentinel.master))
    add_wrong(to, "redis.sentinel.master", "must be a name of letters, digits, hyphens, underscores and dots");
}

void check_cluster(const redis_options& o, wrong_options& to) {
  if (o.cluster.nodes.empty())
    return;
  if (auto nodes = parse_redis_nodes(o.cluster.nodes, cluster_nodes); !nodes)
    to.push_back(nodes.error());
  if (!o.unix_socket.empty() || !o.sentinel.nodes.empty())
    add_wrong(to, cluster_nodes.option, "must be empty with a Unix socket or Sentinels");
  if (o.db != 0)
    add_wrong(to, "redis.db", "must be 0 in a Redis Cluster, which has no other database");
}

} // namespace

std::vector<error> check_redis(const redis_options& o) {
  wrong_options wrong;
  if (!o.unix_socket.empty() && o.tls.enabled)
    add_wrong(wrong, "redis.tls.enabled", "must be false with a Unix socket");
  if (!o.unix_socket.empty() && !o.sentinel.nodes.empty())
    add_wrong(wrong, "redis.sentinel.nodes", "must be empty with a Unix socket");
  check_tls(o.tls, wrong);
  check_sentinels(o.sentinel, wrong);
  check_cluster(o, wrong);
  return wrong;
}

} // namespace sluice
