#include "server/rpc/tls_files.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/base/status_macros.h"

namespace cellar {
namespace {

template <class Value>
using Owned = std::unique_ptr<Value, void (*)(Value*)>;

void FreeBio(BIO* bio) { BIO_free(bio); }

Owned<BIO> Reader(const std::string& pem) {
  return {BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), &FreeBio};
}

Owned<X509> ReadCertificate(const std::string& pem) {
  return {PEM_read_bio_X509_AUX(Reader(pem).get(), nullptr, nullptr, nullptr), &X509_free};
}

// Empty if it cannot be read; then it is no PEM, either. Opening what is no file, like a pipe,
// might never end, and all calls wait for it.
std::string Contents(const std::string& path) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error)) return "";
  std::ifstream file(path, std::ios::binary);
  std::ostringstream contents;
  contents << file.rdbuf();
  return std::move(contents).str();
}

absl::Status Unusable(const char* flag, const std::string& path, absl::string_view why) {
  ERR_clear_error();
  return absl::InvalidArgumentError(absl::StrCat(flag, ": ", path, " ", why));
}

}  // namespace

absl::StatusOr<TlsPems> ReadTlsFiles(const TlsOptions& options) {
  TlsPems pems = {Contents(options.certificate_path), Contents(options.key_path), {}};
  const Owned<SSL_CTX> context(SSL_CTX_new(TLS_method()), &SSL_CTX_free);
  const Owned<X509> certificate = ReadCertificate(pems.certificate);
  if (certificate == nullptr || SSL_CTX_use_certificate(context.get(), certificate.get()) != 1) {
    return Unusable("--tls-cert", options.certificate_path, "is no file with a PEM certificate");
  }
  // No password is asked for: an encrypted key is of no use to a server that starts by itself.
  const auto no_password = [](char*, int, int, void*) { return -1; };
  const Owned<EVP_PKEY> key(
      PEM_read_bio_PrivateKey(Reader(pems.key).get(), nullptr, no_password, nullptr),
      &EVP_PKEY_free);
  if (key == nullptr || SSL_CTX_use_PrivateKey(context.get(), key.get()) != 1 ||
      SSL_CTX_check_private_key(context.get()) != 1) {
    return Unusable("--tls-key", options.key_path,
                    "is no file with the PEM private key of --tls-cert");
  }
  if (!options.client_ca_path.empty()) {
    pems.client_ca = Contents(options.client_ca_path);
    if (ReadCertificate(pems.client_ca) == nullptr) {
      return Unusable("--tls-client-ca", options.client_ca_path,
                      "is no file with PEM certificates");
    }
  }
  return pems;
}

absl::StatusOr<std::shared_ptr<TlsFiles>> TlsFiles::Open(const TlsOptions& options, Clock& clock) {
  CELLAR_ASSIGN_OR_RETURN(TlsPems pems, ReadTlsFiles(options));
  return std::shared_ptr<TlsFiles>(new TlsFiles(options, std::move(pems), clock));
}

TlsFiles::TlsFiles(const TlsOptions& options, TlsPems pems, Clock& clock)
    : options_(options),
      clock_(clock),
      current_{std::make_shared<const TlsPems>(std::move(pems)), 0},
      next_look_(clock.Now() + options.refresh_interval) {}

TlsFiles::Version TlsFiles::Look() {
  const absl::Time now = clock_.Now();
  {
    absl::MutexLock lock(&mutex_);
    if (now < next_look_) return current_;
    next_look_ = now + options_.refresh_interval;
  }
  const std::string news = Take(ReadTlsFiles(options_));
  if (!news.empty() && options_.report != nullptr) options_.report(news);
  absl::MutexLock lock(&mutex_);
  return current_;
}

std::string TlsFiles::Take(absl::StatusOr<TlsPems> read) {
  absl::MutexLock lock(&mutex_);
  if (!read.ok()) {
    std::string problem(read.status().message());
    if (problem == last_problem_) return "";
    last_problem_ = problem;
    return absl::StrCat(problem, "; what was served before still is");
  }
  last_problem_.clear();
  if (*read == *current_.pems) return "";
  current_ = {std::make_shared<const TlsPems>(*std::move(read)), current_.number + 1};
  return absl::StrCat(options_.certificate_path, " and what belongs to it was read anew");
}

}  // namespace cellar
