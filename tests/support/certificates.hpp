#pragma once

#include <string>
#include <vector>

#include "support/process.hpp"

namespace sluice::test {

/// PEM files of a certificate and its key.
struct identity_files {
  std::string certificate;
  std::string key;
};

/// A certificate authority that lives as long as a test.
class authority {
public:
  authority();
  ~authority();
  authority(const authority&) = delete;
  authority& operator=(const authority&) = delete;

  /// Its own certificate, for those who trust it.
  std::string certificate_file() const { return folder_.path() + "/ca.pem"; }

  /// A certificate for a host name or an address, valid from an hour ago until `valid_seconds` from now.
  identity_files issue(const std::string& host, long valid_seconds = 3'600) const;
  /// One that nobody but its own key has signed.
  identity_files self_signed(const std::string& host) const;

private:
  struct keys;
  temporary_folder folder_;
  keys* keys_;
};

} // namespace sluice::test
