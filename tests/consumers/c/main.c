/* SPDX-License-Identifier: Apache-2.0
 * A C program that embeds chopmark: verifies signatures by packed keys and by a key set, hashes. */
#include <chopmark.h>
#include <stdio.h>
#include <string.h>

enum { COUNT = 4 };

/* RFC 8032, section 7.1: tests 1, 2 and 3; the last signature is test 3 over another message. */
static const char* const keys_hex =
    "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
    "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"
    "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025"
    "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025";
static const char* const signatures_hex =
    "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9"
    "b46bd25bf5f0595bbe24655141438e7a100b"
    "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f1"
    "1d8c387b2eaeb4302aeeb00d291612bb0c00"
    "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984d"
    "c6594a7c15e9716ed28dc027beceea1ec40a"
    "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984d"
    "c6594a7c15e9716ed28dc027beceea1ec40a";
static const uint8_t messages[] = {0x72, 0xaf, 0x82, 0xaf, 0x83};
static const uint64_t offsets[COUNT + 1] = {0, 0, 1, 3, 5};
static const uint8_t expected[COUNT] = {1, 1, 1, 0};
static const char* const sha256_abc =
    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

static void from_hex(const char* hex, uint8_t* bytes, size_t size) {
  size_t i;
  for (i = 0; i < size; ++i) {
    unsigned value = 0;
    sscanf(hex + 2 * i, "%2x", &value);
    bytes[i] = (uint8_t)value;
  }
}

static int succeeded(chopmark_status status, const char* what) {
  if (status != CHOPMARK_OK) fprintf(stderr, "%s: %s\n", what, chopmark_status_text(status));
  return status == CHOPMARK_OK;
}

static int verifies(const chopmark_ed25519_batch* batch, const char* what) {
  uint8_t verdicts[COUNT];
  if (!succeeded(chopmark_ed25519_verify_batch(batch, verdicts), what)) return 0;
  if (memcmp(verdicts, expected, COUNT) == 0) return 1;
  fprintf(stderr, "%s: wrong verdicts\n", what);
  return 0;
}

static int verifies_both_ways(void) {
  uint8_t keys[COUNT * CHOPMARK_KEY_BYTES], signatures[COUNT * CHOPMARK_SIGNATURE_BYTES];
  const uint64_t index[COUNT] = {0, 1, 2, 2};
  chopmark_key_set* key_set = NULL;
  chopmark_ed25519_batch batch = CHOPMARK_ED25519_BATCH_INIT;
  int good;
  from_hex(keys_hex, keys, sizeof keys);
  from_hex(signatures_hex, signatures, sizeof signatures);
  batch.count = COUNT;
  batch.public_keys = keys;
  batch.signatures = signatures;
  batch.messages = messages;
  batch.messages_size = sizeof messages;
  batch.message_offsets = offsets;
  batch.threads = 1;
  if (!verifies(&batch, "packed keys")) return 0;

  if (!succeeded(chopmark_key_set_new(keys, 3, 0, &key_set), "key set")) return 0;
  batch.public_keys = NULL;
  batch.key_set = key_set;
  batch.key_index = index;
  batch.rule = CHOPMARK_RULE_STRICT;
  good = chopmark_key_set_size(key_set) == 3 && verifies(&batch, "key set");
  chopmark_key_set_free(key_set);
  return good;
}

static int hashes(void) {
  const uint64_t one[] = {0, 3};
  uint8_t wanted[32], digest[32];
  const chopmark_status status = chopmark_hash_many(CHOPMARK_SHA256, (const uint8_t*)"abc", 3, one,
                                                    1, digest, sizeof digest, 1);
  from_hex(sha256_abc, wanted, sizeof wanted);
  return succeeded(status, "hash") && memcmp(digest, wanted, sizeof digest) == 0;
}

int main(void) {
  if (chopmark_abi_version() != CHOPMARK_ABI_VERSION) {
    fprintf(stderr, "the header and the library of chopmark do not belong together\n");
    return 1;
  }
  if (!verifies_both_ways() || !hashes()) return 1;
  printf("chopmark %s from C: ok on %s\n", chopmark_version(), chopmark_backend_name());
  return 0;
}
