// Keys and certificates for tests, made on the spot.
//
// Thread safety: pure functions.
#ifndef CELLAR_TESTS_TESTING_TLS_PEMS_H_
#define CELLAR_TESTS_TESTING_TLS_PEMS_H_

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <string>

#include "server/rpc/tls_files.h"

namespace cellar {

// What was written to `bio`, which is freed.
inline std::string TakeText(BIO* bio) {
  char* data = nullptr;
  const auto size = BIO_get_mem_data(bio, &data);
  std::string text(data, static_cast<size_t>(size));
  BIO_free(bio);
  return text;
}

// A new key, and a certificate for localhost signed with it, valid for an hour.
inline TlsPems MakePems() {
  EVP_PKEY* const key = EVP_EC_gen("P-256");
  X509* const certificate = X509_new();
  X509_set_version(certificate, X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate), -60);
  X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
  X509_set_pubkey(certificate, key);
  X509_EXTENSION* const names =
      X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, "DNS:localhost");
  X509_add_ext(certificate, names, -1);
  X509_EXTENSION_free(names);
  X509_sign(certificate, key, EVP_sha256());
  BIO* const certificate_bio = BIO_new(BIO_s_mem());
  PEM_write_bio_X509(certificate_bio, certificate);
  BIO* const key_bio = BIO_new(BIO_s_mem());
  PEM_write_bio_PrivateKey(key_bio, key, nullptr, nullptr, 0, nullptr, nullptr);
  TlsPems pems = {TakeText(certificate_bio), TakeText(key_bio), ""};
  X509_free(certificate);
  EVP_PKEY_free(key);
  return pems;
}

}  // namespace cellar

#endif  // CELLAR_TESTS_TESTING_TLS_PEMS_H_
