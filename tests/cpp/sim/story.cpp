// SPDX-License-Identifier: Apache-2.0
#include "sim/story.hpp"

#include <algorithm>

#include "codec/writer.hpp"
#include "consensus/config.hpp"
#include "hash/sha256.hpp"
#include "sim/scheme.hpp"

namespace chopmark::test {
namespace {

sim::Setup setup_of(std::uint32_t epoch_blocks, std::vector<bool> byzantine) {
  sim::Setup setup;
  // In the first epoch node 0 leads view 1, node 1 view 2, and so on.
  const std::vector<std::uint16_t> in_turn = {0, 1, 2, 3};
  do {
    ++setup.chain_id[0];
    if (setup.chain_id[0] == 0) ++setup.chain_id[1];
  } while (consensus::leader_order(consensus::leader_seed(setup.chain_id), Story::kNodes) !=
           in_turn);
  setup.validators = Story::kNodes;
  for (std::size_t i = 0; i < Story::kNodes; ++i)
    setup.keys.push_back(sim::node_key(i));
  byzantine.resize(Story::kNodes);
  setup.byzantine = std::move(byzantine);
  setup.epoch_blocks = epoch_blocks;
  setup.payload_bytes_max = 4096;
  return setup;
}

void write_sized(codec::Writer& out, ByteView bytes) {
  out.u32(static_cast<std::uint32_t>(bytes.size()));
  out.bytes(bytes);
}

}  // namespace

Story::Story(std::uint32_t epoch_blocks, std::vector<bool> byzantine)
    : setup(setup_of(epoch_blocks, std::move(byzantine))), observer(setup) {
  anchor = setup.chain_id;
  set = setup.keys;
}

std::size_t Story::leader(std::uint64_t view) const {
  return consensus::leader_order(consensus::leader_seed(anchor), kNodes)[(view - 1) % kNodes];
}

VoteSubject Story::about(VoteKind kind, std::uint64_t view, const Digest& digest) const {
  return {kind, epoch, view, kind == VoteKind::nullify ? Digest{} : digest};
}

Vote Story::vote(std::size_t node, const VoteSubject& subject) const {
  return {subject, static_cast<std::uint16_t>(node),
          sim::sign(setup.keys[node], vote_payload(setup.chain_id, subject))};
}

Certificate Story::certificate(const VoteSubject& subject,
                               std::vector<std::uint16_t> signers) const {
  Certificate made{subject, std::move(signers), {}};
  for (const std::uint16_t one : made.signers)
    made.signatures.push_back(vote(one, subject).signature);
  return made;
}

Story::Block Story::with_justification(Block block, Bytes justification) const {
  BlockBody& body = block.body;
  body.justification = std::move(justification);
  body.header.justify_root = sha256(body.justification);
  body.header.payload_root = sha256(body.payload);
  body.header.payload_len = static_cast<std::uint32_t>(body.payload.size());
  if (body.header.closing) {
    body.header.payload_root = {};
    body.header.payload_len = 0;
  }
  body.header_bytes = encode_header(body.header);
  body.digest = header_digest(body.header_bytes);
  body.leader_signature =
      vote(body.header.leader, about(VoteKind::notarize, body.header.view, body.digest)).signature;
  return block;
}

Story::Block Story::block(std::uint64_t view, const Block* parent, std::uint8_t salt) {
  Block made;
  Header& header = made.body.header;
  header.chain_id = setup.chain_id;
  header.epoch = epoch;
  header.view = view;
  header.height = (parent == nullptr ? anchor_height : parent->body.header.height) + 1;
  header.parent_view = parent == nullptr ? 0 : parent->view();
  header.parent_digest = parent == nullptr ? anchor : parent->digest();
  header.leader = static_cast<std::uint16_t>(leader(view));
  header.time_ms = 1000 * epoch + 10 * view;
  header.state_root.fill(static_cast<std::uint8_t>(header.height));
  if (setup.epoch_blocks != 0 && header.height == epoch * setup.epoch_blocks)
    header.next_set_hash = validator_set_hash(set);
  made.body.payload = {0, 0, 0, 0};
  if (salt != 0) made.body.payload.push_back(salt);
  Justification why;
  if (parent != nullptr)
    why.parent = certificate(about(VoteKind::notarize, parent->view(), parent->digest()));
  for (std::uint64_t skipped = header.parent_view + 1; skipped < view; ++skipped) {
    why.nullifications.push_back(certificate(about(VoteKind::nullify, skipped, {})));
    made.nullified.push_back(skipped);
  }
  return with_justification(std::move(made), encode_justification(why, kNodes));
}

Story::Block Story::closing(std::uint64_t view, const Block& parent, const Block& last) {
  Block made;
  Header& header = made.body.header;
  header.closing = true;
  header.chain_id = setup.chain_id;
  header.epoch = epoch;
  header.view = view;
  header.height = last.body.header.height;
  header.parent_view = parent.view();
  header.parent_digest = parent.digest();
  header.leader = static_cast<std::uint16_t>(leader(view));
  header.last = last.digest();
  header.time_ms = 1000 * epoch + 10 * view;
  Justification why;
  why.parent = certificate(about(VoteKind::notarize, parent.view(), parent.digest()));
  for (std::uint64_t skipped = header.parent_view + 1; skipped < view; ++skipped)
    why.nullifications.push_back(certificate(about(VoteKind::nullify, skipped, {})));
  return with_justification(std::move(made), encode_justification(why, kNodes));
}

std::uint64_t Story::write(std::size_t node, std::uint8_t kind, const Bytes& body) {
  const std::uint64_t at = ++seq[node];
  codec::Writer out;
  out.u32(static_cast<std::uint32_t>(29 + body.size()));
  out.u64(at);
  out.u64(0);
  out.u64(epoch);
  out.u8(kind);
  out.bytes(body);
  out.u32(0);  // the observer leaves checksums to the disk
  observer.persisted(node, at, out.take());
  return at;
}

void Story::sync(std::size_t node) {
  observer.durable(node, seq[node]);
}

void Story::keep_block(std::size_t node, const Block& block) {
  write(node, 3, bytes(BlockMessage{block.body}));
}

void Story::keep_certificate(std::size_t node, const Certificate& certificate) {
  write(node, 4, bytes(CertificateMessage{certificate}));
}

void Story::say(std::size_t node, const VoteSubject& subject) {
  const Bytes message = bytes(VoteMessage{vote(node, subject)});
  write(node, 2, message);
  sync(node);
  send(node, message);
}

void Story::propose(const Block& block) {
  const Bytes message = bytes(ProposalMessage{block.body});
  const std::size_t node = block.body.header.leader;
  write(node, 1, message);
  sync(node);
  send(node, message);
}

void Story::nullify(std::uint64_t view, std::vector<std::size_t> nodes) {
  for (const std::size_t node : nodes)
    say(node, about(VoteKind::nullify, view, {}));
  for (std::size_t node = 0; node < kNodes; ++node)
    keep_certificate(node, certificate(about(VoteKind::nullify, view, {})));
}

void Story::notarize(const Block& block, std::vector<std::size_t> nodes) {
  const VoteSubject subject = about(VoteKind::notarize, block.view(), block.digest());
  for (const std::size_t node : nodes) {
    if (node == block.body.header.leader) continue;
    keep_block(node, block);
    say(node, subject);
  }
}

void Story::finalize(const Block& block, std::vector<std::size_t> nodes) {
  const VoteSubject notarized = about(VoteKind::notarize, block.view(), block.digest());
  for (const std::size_t node : nodes) {
    keep_certificate(node, certificate(notarized));
    say(node, about(VoteKind::finalize, block.view(), block.digest()));
  }
}

void Story::keep_final(std::size_t node, const Block& block) {
  keep_block(node, block);
  keep_certificate(node, certificate(about(VoteKind::finalize, block.view(), block.digest())));
  codec::Writer out;
  out.u64(block.body.header.height);
  out.u64(block.view());
  out.bytes(block.digest());
  write(node, 5, out.take());
}

Bytes Story::delivery(const Block& block, const Bytes& certificate) const {
  codec::Writer out;
  out.u64(block.body.header.height);
  out.bytes(block.digest());
  out.bytes(block.body.header_bytes);
  write_sized(out, certificate);
  write_sized(out, block.body.justification);
  out.bytes(block.body.payload);
  return out.take();
}

void Story::deliver(std::size_t node, const Block& block, bool with_certificate) {
  const Certificate final = certificate(about(VoteKind::finalize, block.view(), block.digest()));
  observer.delivered(
      node, delivery(block, with_certificate ? encode_certificate(final, kNodes) : Bytes{}));
}

Story::Block Story::full_view(std::uint64_t view, const Block* parent) {
  const Block made = block(view, parent);
  propose(made);
  notarize(made);
  finalize(made);
  for (std::size_t node = 0; node < 3; ++node) {
    keep_final(node, made);
    sync(node);
    deliver(node, made);
  }
  return made;
}

Position Story::next_position(const Block& last) const {
  Position next;
  next.epoch = epoch + 1;
  next.anchor_height = last.body.header.height;
  next.anchor_digest = last.digest();
  next.anchor_time_ms = last.body.header.time_ms;
  next.set = set;
  return next;
}

void Story::end_epoch(const Block& last, const std::vector<Block>& closings) {
  const Position next = next_position(last);
  const Block& top = closings.empty() ? last : closings.back();
  codec::Writer out;
  write_sized(out, encode_position(next));
  write_sized(
      out,
      bytes(CertificateMessage{certificate(about(VoteKind::finalize, top.view(), top.digest()))}));
  for (std::size_t i = closings.size(); i-- != 0;)
    write_sized(out, bytes(BlockMessage{closings[i].body}));
  write_sized(out, bytes(BlockMessage{last.body}));
  const Bytes effect = out.take();
  for (std::size_t node = 0; node < 3; ++node) {
    write(node, 6, encode_position(next));
    sync(node);
    observer.epoch_ended(node, effect);
  }
  epoch += 1;
  anchor = last.digest();
  anchor_height = last.body.header.height;
  anchor_time = last.body.header.time_ms;
}

Bytes Story::log(std::size_t node, const std::vector<std::pair<std::uint8_t, Bytes>>& rest) {
  Bytes out;
  codec::Writer start;
  start.bytes(setup.chain_id);
  start.bytes(setup.keys[node]);
  start.u64(2);
  std::vector<std::pair<std::uint8_t, Bytes>> all = {{7, start.take()}};
  all.insert(all.end(), rest.begin(), rest.end());
  std::uint64_t at = seq[node];
  for (const auto& [kind, body] : all) {
    codec::Writer record;
    record.u32(static_cast<std::uint32_t>(29 + body.size()));
    record.u64(++at);
    record.u64(0);
    record.u64(epoch);
    record.u8(kind);
    record.bytes(body);
    record.u32(0);
    append(out, record.take());
  }
  seq[node] = at;
  return out;
}

std::vector<std::uint32_t> Story::broken() const {
  std::vector<std::uint32_t> numbers;
  for (const sim::Violation& one : observer.violations()) {
    if (std::ranges::find(numbers, one.invariant) == numbers.end())
      numbers.push_back(one.invariant);
  }
  std::ranges::sort(numbers);
  return numbers;
}

}  // namespace chopmark::test
