#include "net/client_tls.hpp"

namespace sluice {

result<void> use_files(boost::asio::ssl::context& context, const client_tls_files& files) {
  using boost::asio::ssl::context_base;
  boost::system::error_code why;
  const auto unusable = [&](const char* member, const std::string& file) {
    return error{errc::store_failed, member, "cannot use " + file + ": " + why.message()};
  };
  context.set_options(context_base::no_tlsv1 | context_base::no_tlsv1_1, why);
  if (files.ca_file.empty())
    context.set_default_verify_paths(why); // takes about 40 ms
  else
    context.load_verify_file(files.ca_file, why);
  if (why)
    return unusable("ca_file", files.ca_file);
  if (files.certificate_file.empty())
    return {};
  context.use_certificate_chain_file(files.certificate_file, why);
  if (why)
    return unusable("certificate_file", files.certificate_file);
  context.use_private_key_file(files.key_file, context_base::pem, why);
  if (why)
    return unusable("key_file", files.key_file);
  return {};
}

} // namespace sluice
