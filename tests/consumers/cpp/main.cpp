// SPDX-License-Identifier: Apache-2.0
// A C++ program that embeds chopmark: owners and exceptions over the C header.
#include <chopmark.h>

#include <cstdio>
#include <exception>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

using Bytes = std::vector<std::uint8_t>;

void require(chopmark_status status) {
  if (status != CHOPMARK_OK) throw std::runtime_error(chopmark_status_text(status));
}

/// Many byte strings end to end, as the library takes them.
struct Packed {
  Bytes data;
  std::vector<std::uint64_t> offsets{0};

  void add(const Bytes& item) {
    data.insert(data.end(), item.begin(), item.end());
    offsets.push_back(data.size());
  }
  [[nodiscard]] std::size_t size() const { return offsets.size() - 1; }
};

class KeySet {
 public:
  explicit KeySet(const Bytes& packed) : handle_(make(packed)) {}

  [[nodiscard]] Bytes verify(const std::vector<std::uint64_t>& key_index, const Bytes& signatures,
                             const Packed& messages) const {
    if (key_index.size() != messages.size() ||
        signatures.size() != messages.size() * CHOPMARK_SIGNATURE_BYTES) {
      throw std::invalid_argument("counts differ");
    }
    Bytes verdicts(messages.size());
    chopmark_ed25519_batch batch = CHOPMARK_ED25519_BATCH_INIT;
    batch.count = messages.size();
    batch.key_set = handle_.get();
    batch.key_index = key_index.data();
    batch.signatures = signatures.data();
    batch.messages = messages.data.data();
    batch.messages_size = messages.data.size();
    batch.message_offsets = messages.offsets.data();
    require(chopmark_ed25519_verify_batch(&batch, verdicts.data()));
    return verdicts;
  }

 private:
  struct Free {
    void operator()(chopmark_key_set* set) const noexcept { chopmark_key_set_free(set); }
  };
  static chopmark_key_set* make(const Bytes& packed) {
    chopmark_key_set* set = nullptr;
    require(chopmark_key_set_new(packed.data(), packed.size() / CHOPMARK_KEY_BYTES,
                                 CHOPMARK_KEY_SET_TABLES, &set));
    return set;
  }

  std::unique_ptr<chopmark_key_set, Free> handle_;
};

Bytes hash_many(chopmark_hash hash, const Packed& items) {
  Bytes digests(items.size() * chopmark_digest_size(hash));
  require(chopmark_hash_many(hash, items.data.data(), items.data.size(), items.offsets.data(),
                             items.size(), digests.data(), digests.size(), 0));
  return digests;
}

Bytes from_hex(const std::string& hex) {
  Bytes bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
    bytes.push_back(static_cast<std::uint8_t>(std::stoi(hex.substr(i, 2), nullptr, 16)));
  return bytes;
}

void check(bool good, const char* what) {
  if (!good) throw std::runtime_error(what);
}

void run() {
  check(chopmark_abi_version() == CHOPMARK_ABI_VERSION, "header and library do not agree");
  // RFC 8032, section 7.1, test 2, once as it is and once over another message.
  const KeySet keys(from_hex("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"));
  const std::string signature =
      "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
      "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00";
  Packed messages;
  messages.add({0x72});
  messages.add({0x73});
  check(keys.verify({0, 0}, from_hex(signature + signature), messages) == Bytes{1, 0},
        "wrong verdicts");

  bool refused = false;
  try {
    static_cast<void>(keys.verify({0, 1}, from_hex(signature + signature), messages));
  } catch (const std::runtime_error&) {
    refused = true;
  }
  check(refused, "a key index out of range was accepted");

  Packed items;
  items.add({'a', 'b', 'c'});
  check(hash_many(CHOPMARK_SM3, items) ==
            from_hex("66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"),
        "wrong digest");
}

}  // namespace

int main() {
  try {
    run();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
  std::printf("chopmark %s from C++: ok on %s\n", chopmark_version(), chopmark_backend_name());
}
