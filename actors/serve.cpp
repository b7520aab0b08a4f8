#include "sluice/serve.hpp"

#include "actors/composition.hpp"
#include "actors/serving.hpp"

namespace sluice {

namespace {

// How long the server may take to start, on a machine that is busy.
constexpr std::chrono::seconds start_patience{10};

result<access_rules> read_rules(const server_options& o, const std::string& own_key) {
  if (o.intake_key_file.empty() && own_key.empty())
    return error{errc::invalid_option, "intake_key_file", "is required, because there is no write_key"};
  std::vector<named_key> keys{{.key = own_key}}, tokens;
  if (!o.intake_key_file.empty()) {
    auto read = read_key_file(o.intake_key_file);
    if (!read)
      return read.error();
    keys = std::move(*read);
  }
  if (!o.admin_token_file.empty()) {
    auto read = read_token_file(o.admin_token_file);
    if (!read)
      return read.error();
    tokens = std::move(*read);
  }
  return access_rules{.write_keys = key_set{keys}, .tokens = key_set{tokens}};
}

result<listener> open_listener(const server_options& o) {
  if (o.listening_socket >= 0)
    return listener::adopt(o.listening_socket);
  const auto to = parse_listen_address(o.listen);
  return to ? listener::open(*to) : result<listener>{to.error()};
}

// What an address that other machines can reach needs besides.
void check_exposure(const server_options& o, std::vector<error>& errors) {
  if (o.tls_certificate_file.empty() && !o.allow_insecure)
    errors.push_back(
        {errc::invalid_option, "allow_insecure",
         "must be set, or TLS be used, to listen beyond loopback: plain HTTP sends write keys unencrypted"});
  if (o.admin_token_file.empty())
    errors.push_back({errc::invalid_option, "admin_token_file", "is required to listen beyond loopback"});
}

} // namespace

struct server::impl {
  /// The system's: a handle of a host that outlives it must not keep the socket open.
  std::weak_ptr<serving> made_of;
  std::string url;
  std::string own_key;
};

// Makes handles for hosts.
struct serving_access {
  static server handle_for(const std::shared_ptr<serving>& made_of, std::string own_key) {
    const bool tls = made_of->identity != nullptr;
    return server{std::make_shared<const server::impl>(
        server::impl{.made_of = made_of, .url = url_of(made_of->from.address(), tls), .own_key = std::move(own_key)})};
  }
};

server::server(std::shared_ptr<const impl> i) : impl_{std::move(i)} {}

const std::string& server::url() const noexcept {
  return impl_->url;
}

result<void> server::read_keys_again() const {
  const auto made_of = impl_->made_of.lock();
  if (!made_of)
    return error{errc::closed, "", "the system has stopped"};
  auto rules = read_rules(made_of->settings, impl_->own_key);
  if (!rules)
    return rules.error();
  made_of->access->replace(std::move(*rules));
  return {};
}

bool server::is_alive(std::chrono::milliseconds at_most) const {
  const auto made_of = impl_->made_of.lock();
  return made_of && made_of->answers_within(at_most);
}

boost::system::result<server, std::vector<error>> spawn_server(caf::actor_system& system, const analytics& running,
                                                               const server_options& settings) {
  auto errors = validate(settings);
  if (const auto to = parse_listen_address(settings.listen); to && settings.listening_socket < 0 && !to->is_local())
    check_exposure(settings, errors);
  if (!settings.public_hosts.empty() && settings.admin_token_file.empty())
    errors.push_back({errc::invalid_option, "admin_token_file", "is required with public_hosts"});
  if (!errors.empty())
    return errors;
  const auto& own_key = composition::write_key_of(running);
  auto rules = read_rules(settings, own_key);
  auto identity = settings.tls_certificate_file.empty()
                      ? result<std::shared_ptr<server_identity>>{nullptr}
                      : read_identity(settings.tls_certificate_file, settings.tls_key_file);
  if (!rules)
    errors.push_back(rules.error());
  if (!identity)
    errors.push_back(identity.error());
  if (!errors.empty())
    return errors;
  auto from = open_listener(settings);
  if (!from)
    return std::vector{from.error()};
  if (!from->address().is_local())
    check_exposure(settings, errors);
  if (!errors.empty())
    return errors;
  auto made_of = std::make_shared<serving>(settings, std::move(*from), std::move(*identity), std::move(*rules));
  result<void> begun = error{errc::closed, "", "the system has stopped"};
  const caf::scoped_actor self{system};
  compat::request(self, caf::actor_cast<supervisor_actor>(running.supervisor), caf::infinite, begin_server{made_of})
      .receive([&] { begun = {}; },
               [&](caf::error& why) {
                 if (why == errc::unsupported)
                   begun = error{errc::unsupported, "server", "a system has one server"};
               });
  if (!begun)
    return std::vector{begun.error()};
  if (!made_of->answers_within(start_patience))
    return std::vector{error{errc::closed, "server", "has not started"}};
  return serving_access::handle_for(made_of, own_key);
}

} // namespace sluice
