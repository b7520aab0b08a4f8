#include "support/certificates.hpp"

#include <cstdio>
#include <memory>
#include <stdexcept>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

namespace sluice::test {

namespace {

template <auto Free>
struct free_by {
  template <class T>
  void operator()(T* what) const {
    Free(what);
  }
};
using key_ptr = std::unique_ptr<EVP_PKEY, free_by<EVP_PKEY_free>>;
using certificate_ptr = std::unique_ptr<X509, free_by<X509_free>>;
using extension_ptr = std::unique_ptr<X509_EXTENSION, free_by<X509_EXTENSION_free>>;
using file_ptr = std::unique_ptr<std::FILE, free_by<std::fclose>>;

void must(int ok) {
  if (ok <= 0)
    throw std::runtime_error("OpenSSL");
}

key_ptr make_key() {
  return key_ptr{EVP_EC_gen("P-256")};
}

void extend(X509* certificate, int kind, const std::string& value) {
  const extension_ptr e{X509V3_EXT_conf_nid(nullptr, nullptr, kind, value.c_str())};
  must(X509_add_ext(certificate, e.get(), -1));
}

certificate_ptr make_certificate(EVP_PKEY* subject_key, const std::string& name, const X509_NAME* issuer,
                                 EVP_PKEY* issuer_key, long valid_seconds, int kind, const std::string& value) {
  certificate_ptr c{X509_new()};
  must(X509_set_version(c.get(), 2));
  static long serial = 0;
  must(ASN1_INTEGER_set(X509_get_serialNumber(c.get()), ++serial));
  X509_gmtime_adj(X509_getm_notBefore(c.get()), -3'600);
  X509_gmtime_adj(X509_getm_notAfter(c.get()), valid_seconds);
  must(X509_set_pubkey(c.get(), subject_key));
  X509_NAME* subject = X509_get_subject_name(c.get());
  must(X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>(name.c_str()), -1,
                                  -1, 0));
  must(X509_set_issuer_name(c.get(), issuer ? issuer : subject));
  extend(c.get(), kind, value);
  must(X509_sign(c.get(), issuer_key, EVP_sha256()));
  return c;
}

template <class Write>
void write_pem(const std::string& path, Write write) {
  const file_ptr file{std::fopen(path.c_str(), "w")};
  if (!file)
    throw std::runtime_error(path);
  must(write(file.get()));
}

std::string alternative_name(const std::string& host) {
  const bool is_address = host.find_first_not_of("0123456789.") == std::string::npos;
  return (is_address ? "IP:" : "DNS:") + host;
}

identity_files write_identity(const std::string& path, const X509* certificate, const EVP_PKEY* key) {
  identity_files files{path + ".pem", path + ".key"};
  write_pem(files.certificate, [&](std::FILE* f) { return PEM_write_X509(f, certificate); });
  write_pem(files.key,
            [&](std::FILE* f) { return PEM_write_PrivateKey(f, key, nullptr, nullptr, 0, nullptr, nullptr); });
  return files;
}

} // namespace

struct authority::keys {
  key_ptr key = make_key();
  certificate_ptr certificate = make_certificate(key.get(), "test authority", nullptr, key.get(), 3'600,
                                                 NID_basic_constraints, "critical,CA:TRUE");
};

authority::authority() : keys_{new keys} {
  write_pem(certificate_file(), [&](std::FILE* f) { return PEM_write_X509(f, keys_->certificate.get()); });
}

authority::~authority() {
  delete keys_;
}

identity_files authority::issue(const std::string& host, long valid_seconds) const {
  const auto key = make_key();
  const auto certificate =
      make_certificate(key.get(), host, X509_get_subject_name(keys_->certificate.get()), keys_->key.get(),
                       valid_seconds, NID_subject_alt_name, alternative_name(host));
  return write_identity(folder_.path() + "/" + host, certificate.get(), key.get());
}

identity_files authority::self_signed(const std::string& host) const {
  const auto key = make_key();
  const auto certificate =
      make_certificate(key.get(), host, nullptr, key.get(), 3'600, NID_subject_alt_name, alternative_name(host));
  return write_identity(folder_.path() + "/self-signed-" + host, certificate.get(), key.get());
}

} // namespace sluice::test
