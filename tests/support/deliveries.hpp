#pragma once

#include <string>

#include "transport/http_transport.hpp"

namespace sluice::test {

/// The settings of a transport to a URL, with the write key `s3cret`.
http_settings settings_for(const std::string& url);

/// A delivery of a small, uncompressed body.
delivery_request small_request();

/// A delivery of more bytes than the buffers of two sockets hold.
delivery_request big_request();

/// Makes one delivery and returns its outcome.
delivery_response send(transport&, delivery_request = small_request());

} // namespace sluice::test
