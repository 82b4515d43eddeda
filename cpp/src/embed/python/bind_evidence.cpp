// SPDX-License-Identifier: Apache-2.0
#include <string>
#include <utility>
#include <vector>

#include "base/limits.hpp"
#include "consensus/culprits.hpp"
#include "consensus/evidence.hpp"
#include "embed/python/bindings.hpp"
#include "embed/python/buffers.hpp"
#include "embed/python/errors.hpp"
#include "sig/ed25519.hpp"
#include "sim/scheme.hpp"
#include "types/position.hpp"

namespace chopmark::python {
namespace {

using consensus::SignatureCheck;

using Checks = py::typing::Tuple<py::bytes, py::bytes, ListOfBytes>;
using Claim = py::typing::Tuple<Checks, Checks>;
using Named = py::typing::Tuple<py::str, ListOfBytes>;

Digest digest_argument(py::handle value, const char* what) {
  const Buffer buffer(value, what);
  if (buffer.bytes().size() != sizeof(Digest)) {
    throw py::value_error(std::string(what) + " must have 32 bytes, not " +
                          std::to_string(buffer.bytes().size()));
  }
  return digest_from(buffer.bytes().data());
}

/// Owns what consensus::Signers borrows.
struct SignersArgument {
  SignersArgument(py::handle chain, py::handle anchor_digest, py::handle keys)
      : chain_id(digest_argument(chain, "chain_id")),
        anchor(digest_argument(anchor_digest, "anchor")) {
    const ItemsArgument items(keys, "validators", sig::kKeyBytes);
    if (items.size() == 0 || items.size() > limits::kValidatorsMax) {
      throw py::value_error("validators: 1 to " + std::to_string(limits::kValidatorsMax) +
                            " keys, not " + std::to_string(items.size()));
    }
    for (std::size_t i = 0; i < items.size(); ++i) {
      const ByteView key = items.items()[i];
      if (key.size() != sizeof(Digest)) throw py::value_error("validators: a key has 32 bytes");
      validators.push_back(digest_from(key.data()));
    }
  }
  [[nodiscard]] consensus::Signers signers() const { return {chain_id, anchor, validators}; }

  Digest chain_id, anchor;
  std::vector<Digest> validators;
};

Checks to_checks(const std::vector<SignatureCheck>& checks) {
  Bytes keys, signatures;
  py::list payloads;
  for (const SignatureCheck& one : checks) {
    append(keys, one.public_key);
    append(signatures, one.signature);
    payloads.append(to_bytes(one.payload));
  }
  return py::make_tuple(to_bytes(keys), to_bytes(signatures), payloads);
}

/// Keys, signatures and payloads of which all must verify, and of those of which one must not.
Claim check_evidence(py::handle evidence, py::handle chain_id, py::handle anchor,
                     py::handle validators) {
  const SignersArgument signers(chain_id, anchor, validators);
  const Buffer buffer(evidence, "evidence");
  const Result<Evidence> parsed = parse_evidence(buffer.bytes());
  if (!parsed) raise_encoding_error(parsed.failure(), "evidence");
  const auto claim = consensus::check_evidence(*parsed, signers.signers());
  if (!claim) raise_encoding_error(claim.failure(), "evidence");
  return py::make_tuple(to_checks(claim->all_valid), to_checks(claim->one_invalid));
}

bool all_valid(std::span<const SignatureCheck> checks) {
  std::vector<ByteView> keys, signatures, payloads;
  for (const SignatureCheck& one : checks) {
    keys.emplace_back(one.public_key);
    signatures.emplace_back(one.signature);
    payloads.emplace_back(one.payload);
  }
  const auto items = [](const std::vector<ByteView>& v) { return Items::list(v.data(), v.size()); };
  const sig::Batch batch{.public_keys = items(keys),
                         .key_set = nullptr,
                         .key_index = {},
                         .signatures = items(signatures),
                         .messages = items(payloads)};
  std::vector<std::uint8_t> verdicts(checks.size());
  sig::verify_batch(batch, sig::Rule::zip215, sig::Method::automatic, 1, verdicts.data());
  return std::ranges::all_of(verdicts, [](std::uint8_t v) { return v == 1; });
}

bool all_valid_in_simulation(std::span<const SignatureCheck> checks) {
  return std::ranges::all_of(checks, [](const SignatureCheck& one) {
    return sim::verify(one.public_key, one.payload, one.signature);
  });
}

/// `blocks`: header, justification and leader's signature (empty: not known) of one after the
/// other.
consensus::FinalChain chain_argument(py::handle finalization, py::handle blocks,
                                     std::size_t validators) {
  const Buffer buffer(finalization, "finalization");
  Result<Certificate> certificate = parse_certificate(buffer.bytes(), validators);
  if (!certificate) raise_encoding_error(certificate.failure(), "finalization");
  const ItemsArgument items(blocks, "blocks");
  if (items.size() % 3 != 0) throw py::value_error("blocks: three items for each");
  consensus::FinalChain chain{std::move(*certificate), {}};
  for (std::size_t i = 0; i < items.size(); i += 3) {
    const ByteView header = items.items()[i];
    const ByteView justification = items.items()[i + 1];
    const ByteView signature = items.items()[i + 2];
    consensus::ChainBlock block{
        {header.begin(), header.end()}, {justification.begin(), justification.end()}, std::nullopt};
    if (!signature.empty()) {
      Signature known{};
      if (signature.size() != known.size()) {
        throw py::value_error("blocks: a signature has 64 bytes");
      }
      std::ranges::copy(signature, known.begin());
      block.leader_signature = known;
    }
    chain.blocks.push_back(std::move(block));
  }
  return chain;
}

const char* fork_name(consensus::Fork fork) noexcept {
  switch (fork) {
    case consensus::Fork::named:
      return "named";
    case consensus::Fork::none:
      return "none";
    case consensus::Fork::not_final:
      return "not_final";
    case consensus::Fork::incomplete:
      return "incomplete";
  }
  return "unknown";
}

template <bool (*Valid)(std::span<const SignatureCheck>)>
Named culprits(py::handle finalization_a, py::handle blocks_a, py::handle finalization_b,
               py::handle blocks_b, py::handle chain_id, py::handle anchor, py::handle validators) {
  const SignersArgument signers(chain_id, anchor, validators);
  const std::size_t n = signers.validators.size();
  const consensus::FinalChain a = chain_argument(finalization_a, blocks_a, n);
  const consensus::FinalChain b = chain_argument(finalization_b, blocks_b, n);
  const consensus::Culprits found = [&] {
    const py::gil_scoped_release release;
    return consensus::culprits(a, b, signers.signers(), Valid);
  }();
  py::list evidence;
  for (const Evidence& one : found.evidence)
    evidence.append(to_bytes(encode_evidence(one)));
  return py::make_tuple(fork_name(found.fork), evidence);
}

void check_position(py::handle position) {
  const Buffer buffer(position, "position");
  const auto parsed = parse_position(buffer.bytes());
  if (!parsed) raise_encoding_error(parsed.failure(), "position");
}

}  // namespace

void bind_evidence(py::module_& core) {
  auto m = py::reinterpret_borrow<py::module_>(core.attr("consensus"));
  m.def("check_evidence", &check_evidence, py::arg("evidence"), py::arg("chain_id"),
        py::arg("anchor"), py::arg("validators"));
  const auto define = [](py::module_& in, auto* function) {
    in.def("culprits", function, py::arg("finalization_a"), py::arg("blocks_a"),
           py::arg("finalization_b"), py::arg("blocks_b"), py::arg("chain_id"), py::arg("anchor"),
           py::arg("validators"));
  };
  define(m, &culprits<all_valid>);
  auto simulated = py::reinterpret_borrow<py::module_>(core.attr("sim"));
  define(simulated, &culprits<all_valid_in_simulation>);  // for signatures of simulated runs
  m.def("check_position", &check_position, py::arg("position"));
}

}  // namespace chopmark::python
