#include "sluice/client.hpp"

#include <atomic>
#include <optional>

#include "actors/encoder.hpp"
#include "sluice/analytics.hpp"

namespace sluice {

namespace {

// The system answers at its own deadline; this only guards against one that is gone.
constexpr auto no_end = caf::infinite;

template <class Answer, class Handle, class Question>
result<Answer> ask(const Handle& whom, Question question) {
  caf::scoped_actor self{whom.home_system()};
  result<Answer> answer = error{errc::closed, "", "the system has stopped"};
  compat::request(self, whom, no_end, std::move(question))
      .receive([&](Answer& a) { answer = std::move(a); }, [](caf::error&) {});
  return answer;
}

} // namespace

struct client::impl {
  analytics running;
  std::atomic<bool> was_shut_down{false};

  result<std::string> offer(const event_view& e) const {
    return encode_and_offer(*running.intake, e, running.max_event_bytes);
  }
};

client::client(const analytics& running) : impl_{std::make_unique<impl>()} {
  impl_->running = running;
}

client::~client() {
  if (!impl_->was_shut_down)
    shutdown();
}

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
  return impl_->running.intake->wait_for_room(impl_->running.max_event_bytes, at_most);
}

result<flush_report> client::flush(std::chrono::milliseconds deadline) {
  return ask<flush_report>(impl_->running.buffer, sluice::flush{deadline});
}

result<shutdown_report> client::shutdown(std::chrono::milliseconds deadline) {
  impl_->was_shut_down = true;
  return ask<shutdown_report>(impl_->running.supervisor, sluice::shutdown{deadline});
}

result<void> client::set_destination(const std::string& data_plane_url, const std::string& write_key) {
  const caf::scoped_actor self{impl_->running.supervisor.home_system()};
  result<void> answer = error{errc::closed, "", "the system has stopped"};
  compat::request(self, impl_->running.supervisor, no_end, sluice::set_destination{data_plane_url, write_key})
      .receive([&] { answer = {}; },
               [&](caf::error& e) {
                 if (e == errc::invalid_option)
                   answer = error{errc::invalid_option, "", describe(e)};
               });
  return answer;
}

counts client::totals() const {
  return impl_->running.intake->totals();
}

} // namespace sluice
