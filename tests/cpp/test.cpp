// SPDX-License-Identifier: Apache-2.0
// What tests need that have no main of ours.
#include "test.hpp"

namespace chopmark::test {

std::string to_hex(ByteView bytes) {
  std::string hex;
  for (const std::uint8_t byte : bytes) {
    hex += "0123456789abcdef"[byte >> 4];
    hex += "0123456789abcdef"[byte & 15];
  }
  return hex;
}

Bytes from_hex(const std::string& hex) {
  Bytes bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    bytes.push_back(static_cast<std::uint8_t>(std::stoi(hex.substr(i, 2), nullptr, 16)));
  }
  return bytes;
}

Bytes text(const std::string& characters) {
  return {characters.begin(), characters.end()};
}

Bytes random_bytes(std::uint64_t seed, std::size_t size) {
  Bytes bytes(size);
  for (std::uint8_t& byte : bytes) {
    seed += 0x9e3779b97f4a7c15U;
    std::uint64_t mixed = seed;
    mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9U;
    mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebU;
    byte = static_cast<std::uint8_t>(mixed >> 56);
  }
  return bytes;
}

}  // namespace chopmark::test
