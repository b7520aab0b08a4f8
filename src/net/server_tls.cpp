#include "net/server_tls.hpp"

namespace sluice {

result<boost::asio::ssl::context> server_tls(const server_tls_files& files) {
  using boost::asio::ssl::context;
  context tls{context::tls_server};
  boost::system::error_code why;
  tls.set_options(context::no_tlsv1 | context::no_tlsv1_1, why);
  // Else OpenSSL would ask on the terminal for the password of a key.
  tls.set_password_callback([](std::size_t, context::password_purpose) { return std::string{}; }, why);
  if (tls.use_certificate_chain_file(files.certificate_file, why); why)
    return error{errc::invalid_option, "certificate_file",
                 files.certificate_file + ": a PEM file with a certificate was expected: " + why.message()};
  if (tls.use_private_key_file(files.key_file, context::pem, why); why)
    return error{errc::invalid_option, "key_file",
                 files.key_file + ": a PEM file with the key of the certificate was expected: " + why.message()};
  return tls;
}

} // namespace sluice
