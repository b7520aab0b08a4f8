#include "fakes/fake_transport.hpp"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "core/wire/payload.hpp"

namespace sluice::test {

namespace {

fake_endpoint::arrival read(const delivery_request& r) {
  const std::string body = r.head + std::string{r.middle} + r.tail;
  auto text = open_payload(body);
  const auto json = nlohmann::json::parse(*text);
  fake_endpoint::arrival a{.batch_id = r.batch_id, .message_ids = {}, .sent_at = json.at("sentAt")};
  for (const auto& e : json.at("batch"))
    a.message_ids.push_back(e.at("messageId"));
  return a;
}

} // namespace

class fake_transport : public transport {
public:
  explicit fake_transport(fake_endpoint& to) : to_{to} {}
  ~fake_transport() override { to_.cancel(this); }
  void send(delivery_request r, std::function<void(delivery_response)> done) override {
    to_.take(this, r, std::move(done));
  }

private:
  fake_endpoint& to_;
};

transport_factory fake_endpoint::factory() {
  return [this](const options& o) {
    on_transport(o);
    return std::make_unique<fake_transport>(*this);
  };
}

void fake_endpoint::take(const void* owner, const delivery_request& r, std::function<void(delivery_response)> done) {
  auto what = read(r);
  arrivals.push_back(what);
  if (auto response = answer(what)) {
    if (response->status / 100 == 2)
      delivered.insert(delivered.end(), what.message_ids.begin(), what.message_ids.end());
    done(*response);
    return;
  }
  open_.push_back({std::move(what), std::move(done), owner});
  most_open = std::max(most_open, open_.size());
}

void fake_endpoint::answer_open(const delivery_response& response) {
  auto open = std::exchange(open_, {});
  for (auto& o : open) {
    if (response.status / 100 == 2)
      delivered.insert(delivered.end(), o.what.message_ids.begin(), o.what.message_ids.end());
    o.done(response);
  }
}

void fake_endpoint::cancel(const void* owner) {
  for (auto& o : open_)
    if (o.owner == owner)
      o.done({.failure = transport_failure::cancelled});
  std::erase_if(open_, [owner](const open_request& o) { return o.owner == owner; });
}

} // namespace sluice::test
