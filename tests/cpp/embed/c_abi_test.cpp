// SPDX-License-Identifier: Apache-2.0
// The C interface: equal to the core that it wraps, and every wrong argument is a status.
#include <cstring>
#include <memory>
#include <numeric>
#include <string>

#include "chopmark.h"
#include "dispatch/backend.hpp"
#include "embed/c/checks.hpp"
#include "hash/many.hpp"
#include "sig/batches.hpp"

namespace chopmark::test {
namespace {

struct Free {
  void operator()(chopmark_key_set* set) const { chopmark_key_set_free(set); }
};
using Set = std::unique_ptr<chopmark_key_set, Free>;

Set key_set(const Bytes& keys, std::uint32_t flags = 0) {
  chopmark_key_set* set = nullptr;
  EXPECT_EQ(chopmark_key_set_new(keys.data(), keys.size() / 32, flags, &set), CHOPMARK_OK);
  return Set(set);
}

/// A batch in the layout of the C interface, with the sentinel 0xee in its verdicts.
struct PackedBatch {
  Bytes keys, signatures, messages;
  std::vector<std::uint64_t> offsets{0}, index;
  Verdicts verdicts;
  Set set;
  chopmark_ed25519_batch c = CHOPMARK_ED25519_BATCH_INIT;

  explicit PackedBatch(const SignedItems& items) : verdicts(items.size(), 0xee) {
    for (std::size_t i = 0; i < items.size(); ++i) {
      append(keys, items.keys[i]);
      append(signatures, items.signatures[i]);
      append(messages, items.messages[i]);
      offsets.push_back(messages.size());
      index.push_back(items.size() - 1 - i);
    }
    messages.push_back(0);  // so that data() is never null
    c.count = items.size();
    c.public_keys = keys.data();
    c.signatures = signatures.data();
    c.messages = messages.data();
    c.messages_size = messages.size();
    c.message_offsets = offsets.data();
    c.threads = 1;
  }
  /// Refers to the keys by way of a set that holds them last item first.
  void use_set(std::uint32_t flags) {
    Bytes reversed;
    for (const std::uint64_t i : index)
      append(reversed, ByteView(keys).subspan(32 * i, 32));
    set = key_set(reversed, flags);
    c.public_keys = nullptr;
    c.key_set = set.get();
    c.key_index = index.data();
  }
  chopmark_status run() { return chopmark_ed25519_verify_batch(&c, verdicts.data()); }
  /// Runs with a fault, expects the status and untouched verdicts.
  void refuses(chopmark_status expected) {
    EXPECT_EQ(run(), expected);
    EXPECT(verdicts == Verdicts(verdicts.size(), 0xee));
  }
};

SignedItems mixed_items(std::size_t count) {
  SignedItems items = signed_items(count);
  for (std::size_t i = 3; i < count; i += 29)
    spoil(items, i, static_cast<int>(i / 29));
  for (Bytes& signature : items.signatures)
    signature.resize(64);
  for (Bytes& key : items.keys)
    key.resize(32);
  return items;
}

}  // namespace

TEST_EACH_BACKEND(c_abi_verifies_like_the_core) {
  const SignedItems items = mixed_items(150);
  for (const chopmark_rule rule : {CHOPMARK_RULE_ZIP215, CHOPMARK_RULE_STRICT}) {
    const auto core_rule = rule == CHOPMARK_RULE_STRICT ? sig::Rule::strict : sig::Rule::zip215;
    const Verdicts expected = verified(items, core_rule, sig::Method::exact, 1);
    EXPECT(std::accumulate(expected.begin(), expected.end(), 0) > 100);
    for (const chopmark_method method :
         {CHOPMARK_METHOD_AUTO, CHOPMARK_METHOD_EXACT, CHOPMARK_METHOD_COMBINED}) {
      if (rule == CHOPMARK_RULE_STRICT && method == CHOPMARK_METHOD_COMBINED) continue;
      for (const int keys : {-1, 0, int{CHOPMARK_KEY_SET_TABLES}}) {
        PackedBatch batch(items);
        if (keys >= 0) batch.use_set(static_cast<std::uint32_t>(keys));
        batch.c.rule = rule;
        batch.c.method = method;
        batch.c.threads = 2;
        EXPECT_EQ(batch.run(), CHOPMARK_OK);
        EXPECT(batch.verdicts == expected);
      }
    }
  }
}

TEST_EACH_BACKEND(c_abi_hashes_like_the_core) {
  const Bytes data = random_bytes(5, 1000);
  const std::vector<std::uint64_t> offsets{7, 7, 8, 300, 999};
  for (chopmark_hash hash = CHOPMARK_SHA256; hash <= CHOPMARK_SM3; ++hash) {
    const std::size_t width = chopmark_digest_size(hash);
    Bytes expected(4 * width), found(4 * width, 0xee);
    hash_many(static_cast<HashId>(hash), Items::ragged(data.data(), offsets.data(), 4),
              expected.data(), 1);
    EXPECT_EQ(chopmark_hash_many(hash, data.data(), data.size(), offsets.data(), 4, found.data(),
                                 found.size(), 2),
              CHOPMARK_OK);
    EXPECT(found == expected);
  }
}

TEST(c_abi_empty_batches) {
  chopmark_ed25519_batch batch = CHOPMARK_ED25519_BATCH_INIT;
  EXPECT_EQ(chopmark_ed25519_verify_batch(&batch, nullptr), CHOPMARK_OK);
  const Set none = key_set({});
  EXPECT_EQ(chopmark_key_set_size(none.get()), 0U);
  batch.key_set = none.get();
  EXPECT_EQ(chopmark_ed25519_verify_batch(&batch, nullptr), CHOPMARK_OK);
  const Bytes key(32, 1);
  batch.public_keys = key.data();
  EXPECT_EQ(chopmark_ed25519_verify_batch(&batch, nullptr), CHOPMARK_ERROR_KEYS);
  EXPECT_EQ(chopmark_hash_many(CHOPMARK_SM3, nullptr, 0, nullptr, 0, nullptr, 0, 0), CHOPMARK_OK);
  EXPECT_EQ(chopmark_hash_many(CHOPMARK_SM3, nullptr, 9, nullptr, 0, nullptr, 0, 0), CHOPMARK_OK);
  EXPECT_EQ(chopmark_hash_many(CHOPMARK_SM3, nullptr, 0, nullptr, 0, nullptr, 32, 0),
            CHOPMARK_ERROR_SIZE);
  const std::uint64_t offsets[] = {0, 0};
  std::uint8_t digest[32];
  EXPECT_EQ(chopmark_hash_many(CHOPMARK_SHA256, nullptr, 0, offsets, 1, digest, 32, 1),
            CHOPMARK_OK);
  EXPECT_EQ(to_hex(digest), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

TEST(c_abi_verify_refuses_wrong_arguments) {
  using Batch = chopmark_ed25519_batch;
  struct Fault {
    void (*set)(Batch&);
    chopmark_status status;
  };
  const Fault faults[] = {
      {[](Batch& b) { b.struct_size = 0; }, CHOPMARK_ERROR_STRUCT},
      {[](Batch& b) { b.struct_size = sizeof b - 1; }, CHOPMARK_ERROR_STRUCT},
      {[](Batch& b) { b.struct_size = SIZE_MAX; }, CHOPMARK_ERROR_STRUCT},
      {[](Batch& b) { b.reserved = 1; }, CHOPMARK_ERROR_STRUCT},
      {[](Batch& b) { b.rule = 2; }, CHOPMARK_ERROR_RULE},
      {[](Batch& b) { b.method = 3; }, CHOPMARK_ERROR_METHOD},
      {[](Batch& b) { b.threads = 257; }, CHOPMARK_ERROR_THREADS},
      {[](Batch& b) { b.count = SIZE_MAX; }, CHOPMARK_ERROR_SIZE},
      {[](Batch& b) { b.count = SIZE_MAX / 64; }, CHOPMARK_ERROR_SIZE},
      {[](Batch& b) { b.signatures = nullptr; }, CHOPMARK_ERROR_NULL},
      {[](Batch& b) { b.messages = nullptr; }, CHOPMARK_ERROR_NULL},
      {[](Batch& b) { b.message_offsets = nullptr; }, CHOPMARK_ERROR_NULL},
      {[](Batch& b) { b.public_keys = nullptr; }, CHOPMARK_ERROR_KEYS},
      {[](Batch& b) { b.messages_size = 10; }, CHOPMARK_ERROR_OFFSETS},
      {[](Batch& b) {
         b.rule = CHOPMARK_RULE_STRICT;
         b.method = CHOPMARK_METHOD_COMBINED;
       },
       CHOPMARK_ERROR_METHOD},
  };
  for (const Fault& fault : faults) {
    PackedBatch batch(signed_items(4));
    fault.set(batch.c);
    batch.refuses(fault.status);
  }
  PackedBatch batch(signed_items(4));
  EXPECT_EQ(chopmark_ed25519_verify_batch(nullptr, batch.verdicts.data()), CHOPMARK_ERROR_NULL);
  EXPECT_EQ(chopmark_ed25519_verify_batch(&batch.c, nullptr), CHOPMARK_ERROR_NULL);
}

TEST(c_abi_verify_refuses_wrong_offsets) {
  for (std::size_t i = 0; i <= 4; ++i) {
    for (const std::uint64_t offset : {UINT64_MAX, std::uint64_t{1} << 63, std::uint64_t{1000}}) {
      PackedBatch batch(signed_items(4));
      batch.offsets[i] = offset;
      batch.refuses(CHOPMARK_ERROR_OFFSETS);
    }
  }
  PackedBatch batch(signed_items(4));
  batch.offsets[2] = batch.offsets[1] - 1;
  batch.refuses(CHOPMARK_ERROR_OFFSETS);
}

TEST(c_abi_verify_refuses_wrong_keys) {
  for (std::size_t i = 0; i < 4; ++i) {
    for (const std::uint64_t wrong : {std::uint64_t{4}, UINT64_MAX}) {
      PackedBatch batch(signed_items(4));
      batch.use_set(0);
      batch.index[i] = wrong;
      batch.refuses(CHOPMARK_ERROR_KEY_INDEX);
    }
  }
  PackedBatch both(signed_items(4));
  both.use_set(0);
  both.c.public_keys = both.keys.data();
  both.refuses(CHOPMARK_ERROR_KEYS);
  PackedBatch no_index(signed_items(4));
  no_index.use_set(0);
  no_index.c.key_index = nullptr;
  no_index.refuses(CHOPMARK_ERROR_KEYS);
  PackedBatch no_set(signed_items(4));
  no_set.c.public_keys = nullptr;
  no_set.c.key_index = no_set.index.data();
  no_set.refuses(CHOPMARK_ERROR_KEYS);
  PackedBatch stray_index(signed_items(4));
  stray_index.c.key_index = stray_index.index.data();
  stray_index.refuses(CHOPMARK_ERROR_KEYS);
}

TEST(c_abi_verify_refuses_overlaps) {
  PackedBatch batch(signed_items(4));
  const PackedBatch before(signed_items(4));
  std::uint8_t* const outputs[] = {batch.keys.data() + 127, batch.signatures.data() + 255,
                                   batch.messages.data(),
                                   reinterpret_cast<std::uint8_t*>(batch.offsets.data() + 4),
                                   reinterpret_cast<std::uint8_t*>(&batch.c)};
  for (std::uint8_t* output : outputs)
    EXPECT_EQ(chopmark_ed25519_verify_batch(&batch.c, output), CHOPMARK_ERROR_OVERLAP);
  EXPECT(batch.keys == before.keys && batch.signatures == before.signatures);
  EXPECT(batch.messages == before.messages && batch.offsets == before.offsets);
}

// A program with a newer header passes a larger struct: fine as long as the new fields are neutral.
TEST(c_abi_structs_may_grow) {
  struct {
    chopmark_ed25519_batch known;
    std::uint64_t added;
  } larger{CHOPMARK_ED25519_BATCH_INIT, 0};
  PackedBatch batch(signed_items(2));
  larger.known = batch.c;
  larger.known.struct_size = sizeof larger;
  EXPECT_EQ(chopmark_ed25519_verify_batch(&larger.known, batch.verdicts.data()), CHOPMARK_OK);
  EXPECT(batch.verdicts == Verdicts(2, 1));
  larger.added = 1;
  EXPECT_EQ(chopmark_ed25519_verify_batch(&larger.known, batch.verdicts.data()),
            CHOPMARK_ERROR_STRUCT);
}

TEST(c_abi_key_set_refuses_wrong_arguments) {
  const Bytes keys(64, 1);
  auto* const untouched = reinterpret_cast<chopmark_key_set*>(std::uintptr_t{64});
  chopmark_key_set* set = untouched;
  EXPECT_EQ(chopmark_key_set_new(nullptr, 2, 0, &set), CHOPMARK_ERROR_NULL);
  EXPECT_EQ(chopmark_key_set_new(keys.data(), 2, 0, nullptr), CHOPMARK_ERROR_NULL);
  EXPECT_EQ(chopmark_key_set_new(keys.data(), 2, 2, &set), CHOPMARK_ERROR_FLAGS);
  EXPECT_EQ(chopmark_key_set_new(keys.data(), SIZE_MAX, 0, &set), CHOPMARK_ERROR_SIZE);
  EXPECT(set == untouched);
  EXPECT_EQ(chopmark_key_set_size(key_set(keys).get()), 2U);
  EXPECT_EQ(chopmark_key_set_size(nullptr), 0U);
  chopmark_key_set_free(nullptr);
}

TEST(c_abi_hash_refuses_wrong_arguments) {
  Bytes data(100, 1), out(64, 0xee);
  const std::uint64_t offsets[] = {0, 50, 100}, falling[] = {0, 51, 50}, far[] = {0, 50, 101};
  const auto run = [&](chopmark_hash hash, const std::uint64_t* cuts, std::size_t count,
                       std::uint8_t* to, std::size_t to_size, std::uint32_t threads = 1) {
    return chopmark_hash_many(hash, data.data(), data.size(), cuts, count, to, to_size, threads);
  };
  for (const chopmark_hash hash : {0U, 5U, UINT32_MAX}) {
    EXPECT_EQ(chopmark_digest_size(hash), 0U);
    EXPECT_EQ(run(hash, offsets, 2, out.data(), 64), CHOPMARK_ERROR_HASH);
  }
  EXPECT_EQ(run(CHOPMARK_SHA256, falling, 2, out.data(), 64), CHOPMARK_ERROR_OFFSETS);
  EXPECT_EQ(run(CHOPMARK_SHA256, far, 2, out.data(), 64), CHOPMARK_ERROR_OFFSETS);
  EXPECT_EQ(run(CHOPMARK_SHA256, nullptr, 2, out.data(), 64), CHOPMARK_ERROR_NULL);
  EXPECT_EQ(run(CHOPMARK_SHA256, offsets, 2, nullptr, 64), CHOPMARK_ERROR_NULL);
  EXPECT_EQ(run(CHOPMARK_SHA512, offsets, 2, out.data(), 64), CHOPMARK_ERROR_SIZE);
  EXPECT_EQ(run(CHOPMARK_SHA256, offsets, SIZE_MAX / 32 + 3, out.data(), 64), CHOPMARK_ERROR_SIZE);
  EXPECT_EQ(run(CHOPMARK_SHA256, offsets, 2, out.data(), 64, 257), CHOPMARK_ERROR_THREADS);
  EXPECT_EQ(run(CHOPMARK_SHA256, offsets, 2, data.data() + 99, 64), CHOPMARK_ERROR_OVERLAP);
  EXPECT_EQ(chopmark_hash_many(CHOPMARK_SM3, nullptr, 100, offsets, 2, out.data(), 64, 1),
            CHOPMARK_ERROR_NULL);
  EXPECT(out == Bytes(64, 0xee) && data == Bytes(100, 1));
}

TEST(c_abi_exceptions_become_statuses) {
  EXPECT_EQ(c::guarded([] { throw std::bad_alloc(); }), CHOPMARK_ERROR_MEMORY);
  EXPECT_EQ(c::guarded([] { throw std::length_error("too long"); }), CHOPMARK_ERROR_MEMORY);
  EXPECT_EQ(c::guarded([] { throw 1; }), CHOPMARK_ERROR_INTERNAL);
  EXPECT_EQ(c::guarded([] {}), CHOPMARK_OK);
}

TEST(c_abi_texts_and_versions) {
  EXPECT_EQ(chopmark_abi_version(), 1U);
  EXPECT(std::strchr(chopmark_version(), '.') != nullptr);
  const std::string unknown = chopmark_status_text(-1);
  for (chopmark_status status = CHOPMARK_OK; status <= CHOPMARK_ERROR_INTERNAL; ++status)
    EXPECT(chopmark_status_text(status) != unknown);
  EXPECT_EQ(chopmark_status_text(CHOPMARK_ERROR_INTERNAL + 1), unknown);
}

TEST_EACH_BACKEND(c_abi_backends) {
  const std::string before = chopmark_backend_name();
  EXPECT_EQ(before, active_backend_name());
  EXPECT_EQ(chopmark_use_backend("abacus"), CHOPMARK_ERROR_BACKEND_UNKNOWN);
  EXPECT_EQ(chopmark_backend_name(), before);
  for (const Backend& backend : compiled_backends()) {
    const bool runs = backend_available(backend);
    EXPECT_EQ(chopmark_use_backend(backend.name),
              runs ? CHOPMARK_OK : CHOPMARK_ERROR_BACKEND_UNSUPPORTED);
    if (runs) EXPECT_EQ(std::string(backend.name), chopmark_backend_name());
  }
  for (const char* best : {"", static_cast<const char*>(nullptr)})
    EXPECT_EQ(chopmark_use_backend(best), CHOPMARK_OK);
}

}  // namespace chopmark::test
