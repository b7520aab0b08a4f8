#include "sluice/client.hpp"

#include "actors/ask.hpp"
#include "actors/encoder.hpp"
#include "core/event/event_reader.hpp"
#include "sluice/analytics.hpp"

namespace sluice {

struct client::impl {
  buffer_actor buffer;
  analytics_actor supervisor;
  std::shared_ptr<sluice::intake> intake;

  result<std::string> offer(const event_view& e) const { return encode_and_offer(*intake, e); }
};

client::client(const analytics& running)
    : impl_{std::make_shared<const impl>(impl{running.buffer, running.supervisor, running.intake_})} {}

result<std::string> client::send(const sluice::event& e) {
  return std::visit([this](const auto& x) { return send(x); }, e);
}

result<std::string> client::send(const sluice::track& e) {
  return impl_->offer(view_of(e));
}
result<std::string> client::send(const identify& e) {
  return impl_->offer(view_of(e));
}
result<std::string> client::send(const page& e) {
  return impl_->offer(view_of(e));
}
result<std::string> client::send(const screen& e) {
  return impl_->offer(view_of(e));
}
result<std::string> client::send(const group& e) {
  return impl_->offer(view_of(e));
}
result<std::string> client::send(const alias& e) {
  return impl_->offer(view_of(e));
}

result<std::string> client::send_json(std::string_view json_text, std::size_t max_bytes) {
  thread_local event_reader reader;
  const auto e = reader.read(json_text, max_bytes);
  if (!e) {
    impl_->intake->reject({}, e.error());
    return e.error();
  }
  return impl_->offer(*e);
}

result<std::string> client::track(const identity& who, std::string_view name,
                                  std::initializer_list<property> properties) {
  event_view e{};
  e.type = event_type::track;
  e.user_id = who.user_id;
  e.anonymous_id = who.anonymous_id;
  e.subject = name;
  e.body = std::span<const property>{properties.begin(), properties.size()};
  return impl_->offer(e);
}

bool client::wait_for_room(std::chrono::milliseconds at_most) const {
  return impl_->intake->wait_for_room(at_most);
}

result<flush_report> client::flush(std::chrono::milliseconds deadline) {
  return ask<flush_report>(impl_->buffer, sluice::flush{deadline});
}

result<void> client::set_destination(const std::string& data_plane_url, const std::string& write_key) {
  const caf::scoped_actor self{impl_->supervisor.home_system()};
  result<void> answer = error{errc::closed, "", "the system has stopped"};
  compat::request(self, impl_->supervisor, caf::infinite, sluice::set_destination{data_plane_url, write_key})
      .receive([&] { answer = {}; },
               [&](caf::error& e) {
                 for (const auto code : {errc::invalid_option, errc::unsupported})
                   if (e == code)
                     answer = error{code, "", describe(e)};
               });
  return answer;
}

counts client::totals() const {
  return impl_->intake->totals().snapshot();
}

} // namespace sluice
