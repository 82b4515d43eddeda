// SPDX-License-Identifier: Apache-2.0
// Whole transactions: in order, all or none (L-30), by actors that are active (L-35).
#include "ledger/operations.hpp"

#include "ledger/operations/world.hpp"

namespace chopmark::test {

using namespace ledger;

namespace {

Bytes operation(OperationCode code, std::uint8_t actor, const Bytes& body) {
  codec::Writer out;
  out.u8(static_cast<std::uint8_t>(code));
  out.u8(actor);
  out.u16(static_cast<std::uint16_t>(body.size()));
  out.bytes(body);
  return out.take();
}

Bytes withdrawal(std::uint8_t actor, const Digest& record, std::uint32_t version) {
  codec::Writer out;
  out.u8(3);
  out.bytes(record);
  out.u32(version);
  return operation(OperationCode::record, actor, out.take());
}

Bytes creation(std::uint8_t actor, const Digest& record) {
  codec::Writer out;
  out.u8(1);
  out.bytes(record);
  out.u32(0);
  out.u16(0);
  out.bytes(Digest{});
  out.u64(0);
  out.u8(0);
  return operation(OperationCode::record, actor, out.take());
}

bool is(const TransactionResult& result, ResultCode code, std::uint8_t failing_op) {
  return result.code == code && result.failing_op == failing_op;
}

}  // namespace

TEST(transactions_take_effect_in_order) {
  World world;
  world.as({1, 2});
  const auto result =
      world.execute({creation(1, id_of(1)), creation(0, id_of(2)), withdrawal(1, id_of(1), 1)});
  EXPECT(is(result, ResultCode::ok, 255));
  const auto entry = world.get<RecordEntry>(record_key(id_of(1)));
  EXPECT(entry.controller == 2 && entry.status == RecordStatus::withdrawn);
  EXPECT_EQ(world.get<RecordEntry>(record_key(id_of(2))).controller, 1U);
}

TEST(transactions_that_fail_leave_nothing) {
  World world;
  EXPECT(is(world.execute({creation(0, id_of(1))}), ResultCode::ok, 255));
  const auto result = world.execute({creation(0, id_of(2)), withdrawal(0, id_of(1), 1),
                                     creation(0, id_of(1)), creation(0, id_of(3))});
  EXPECT(is(result, ResultCode::duplicate_id, 2));
  EXPECT(!world.has(record_key(id_of(2))));
  EXPECT(world.get<RecordEntry>(record_key(id_of(1))).status == RecordStatus::active);
}

TEST(transactions_of_frozen_members_fail_first) {
  World world;
  world.as({1, 2});
  world.set_status(2, MemberStatus::frozen);
  EXPECT(is(world.execute({creation(1, id_of(1))}), ResultCode::frozen, 0));  // L-35
  EXPECT(is(world.execute({creation(0, id_of(1)), withdrawal(1, id_of(1), 7)}), ResultCode::frozen,
            1));
  EXPECT(!world.has(record_key(id_of(1))));
  EXPECT(is(world.execute({creation(0, id_of(1))}), ResultCode::ok, 255));
}

}  // namespace chopmark::test
