#include "support/deliveries.hpp"

#include <future>
#include <stdexcept>

namespace sluice::test {

http_settings settings_for(const std::string& url) {
  return {.to = *parse_endpoint(url, true), .write_key = "s3cret"};
}

delivery_request small_request() {
  return {.batch_id = "batch-1", .head = "{\"batch\":[", .middle = "{\"a\":1}", .tail = "]}", .gzip = false};
}

delivery_request big_request() {
  auto r = small_request();
  r.payload = std::make_shared<const std::string>(std::size_t{16} << 20, 'x');
  r.middle = *r.payload;
  return r;
}

delivery_response send(transport& t, delivery_request r) {
  auto promise = std::make_shared<std::promise<delivery_response>>();
  auto answer = promise->get_future();
  t.send(std::move(r), [promise](delivery_response response) { promise->set_value(std::move(response)); });
  if (answer.wait_for(std::chrono::seconds{40}) != std::future_status::ready)
    throw std::runtime_error("the delivery has no outcome");
  return answer.get();
}

} // namespace sluice::test
