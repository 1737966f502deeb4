#include "sim/wire/packet_view.h"

#include <gtest/gtest.h>

#include "sim/base/rng.h"
#include "tests/support/packets.h"

namespace halfopen {
namespace {

using Bytes = std::vector<std::uint8_t>;

class PacketViewTest : public ::testing::Test {
 protected:
  Bytes data(bool v6 = false) {
    Packet packet = test::tcp_packet(pool_, {.v6 = v6,
                                             .flags = tcp_flag::ack | tcp_flag::psh,
                                             .seq = 5,
                                             .ack = 7,
                                             .window = 99,
                                             .text = "hello\n"});
    packet.segment()->options.add_nop();
    packet.segment()->options.add_window_scale(9);
    return test::bytes_of(packet);
  }
  std::optional<PacketView> find(const Bytes& bytes, bool truncated = false) {
    return PacketView::find(bytes, issue_, {.truncated = truncated, .verify_checksums = false});
  }
  BlockPool pool_;
  ParseIssue issue_;
};

TEST_F(PacketViewTest, ShowsWhatTheValueHas) {
  for (const bool v6 : {false, true}) {
    const Bytes bytes = data(v6);
    const auto view = find(bytes);
    ASSERT_TRUE(view);
    ASSERT_TRUE(view->is_tcp());
    EXPECT_FALSE(view->is_icmp());
    const Packet packet = *parse(bytes, pool_, issue_);
    const TcpView tcp = view->tcp();
    EXPECT_EQ(view->source(), packet.ip.source);
    EXPECT_EQ(view->destination(), packet.ip.destination);
    EXPECT_EQ(tcp.source_port(), test::kClientPort);
    EXPECT_EQ(tcp.destination_port(), test::kServerPort);
    EXPECT_EQ(tcp.seq(), Seq{5});
    EXPECT_EQ(tcp.ack(), Seq{7});
    EXPECT_EQ(tcp.flags(), tcp_flag::ack | tcp_flag::psh);
    EXPECT_EQ(tcp.window(), 99);
    EXPECT_EQ(TcpOptions::find_window_scale(tcp.options()), 9);
    EXPECT_EQ(tcp.payload_size(), 6u);
    EXPECT_EQ(Bytes(tcp.payload().begin(), tcp.payload().end()), test::bytes_of(packet.segment()->payload));
    EXPECT_EQ(tcp.payload().data(), bytes.data() + bytes.size() - 6) << "in place";
  }
}

TEST_F(PacketViewTest, PaddingIsNotInIt) {
  Bytes bytes = data();
  const std::size_t size = bytes.size();
  bytes.resize(size + 10);
  EXPECT_EQ(find(bytes)->bytes().size(), size);
  EXPECT_EQ(find(bytes)->tcp().payload().size(), 6u);
}

TEST_F(PacketViewTest, ASnapLengthCutsPayloadThenOptionsAndThenItIsNone) {
  const Bytes whole = data();
  const auto cut = [&](std::size_t size) {
    return Bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
  };
  const Bytes in_payload = cut(46);
  EXPECT_EQ(find(in_payload, true)->tcp().payload().size(), 2u);
  EXPECT_EQ(find(in_payload, true)->tcp().payload_size(), 6u);
  const Bytes in_options = cut(42);
  EXPECT_EQ(find(in_options, true)->tcp().options().size(), 2u) << "as far as they were captured";
  EXPECT_FALSE(find(in_options, true)->tcp().options_are_whole());
  EXPECT_TRUE(find(in_payload, true)->tcp().options_are_whole());
  EXPECT_TRUE(find(in_options, true)->tcp().payload().empty());
  EXPECT_EQ(find(in_options, true)->tcp().payload_size(), 6u);
  EXPECT_TRUE(find(cut(40), true));
  EXPECT_FALSE(find(cut(39), true));
  EXPECT_FALSE(find(in_payload)) << "a packet that says that it is whole, and is not";
}

// Whatever the bytes are, what the view shows lies within them; each round has a block of its own size, so
// that a sanitizer sees a step beyond its edge.
TEST_F(PacketViewTest, NeverShowsMoreThanThereIs) {
  const std::vector<Bytes> seeds{
      data(), data(true),
      test::bytes_of(
          *make_icmp_error(IcmpKind::host_unreachable, test::tcp_packet(pool_, {}), test::kRouterIp, 0))};
  Rng rng{20261125};
  std::uint64_t seen = 0;
  std::uint64_t sum = 0;
  for (int round = 0; round < 50'000; ++round) {
    Bytes bytes = seeds[rng.below(seeds.size())];
    for (std::uint64_t n = rng.below(5); n > 0; --n)
      bytes[rng.below(bytes.size())] = static_cast<std::uint8_t>(rng.next());
    const Bytes exact(bytes.begin(),
                      bytes.begin() + static_cast<std::ptrdiff_t>(rng.below(bytes.size() + 1)));
    const ParseOptions options{.truncated = rng.below(2) == 0,
                               .verify_checksums = false,
                               .check_tcp_options = rng.below(2) == 0,
                               .length_if_zero = rng.below(2) == 0 ? 0 : bytes.size()};
    const auto view = PacketView::find(exact, issue_, options);
    ASSERT_EQ(view.has_value(), parse(exact, pool_, issue_, options).has_value());
    if (!view) continue;
    ++seen;
    ASSERT_LE(view->bytes().size(), exact.size());
    for (const std::uint8_t byte : view->body()) sum += byte;
    if (!view->is_tcp()) continue;
    const TcpView tcp = view->tcp();
    ASSERT_LE(tcp.payload().size(), tcp.payload_size());
    if (options.check_tcp_options && tcp.options_are_whole()) {
      ASSERT_FALSE(TcpOptions::find_fault(tcp.options()));
    }
    ASSERT_EQ(packet_of(*view, pool_).segment()->options.wire().size(), tcp.header_size() - 20);
    for (const auto span : {tcp.options(), tcp.payload()}) {
      for (const std::uint8_t byte : span) sum += byte;
    }
  }
  EXPECT_GT(seen, 5'000u) << "the mutations are so wild that nothing is tested";
  EXPECT_GT(sum, 0u);
}

// What tcpdump -s 60 leaves of a SYN: the options before the cut, and that there may be more.
TEST_F(PacketViewTest, OptionsAreReadAsFarAsTheyWereCaptured) {
  Packet packet = test::tcp_packet(pool_, {.flags = tcp_flag::syn});
  packet.segment()->options.add_mss(1460);
  packet.segment()->options.add_sack_permitted();
  packet.segment()->options.add_timestamps({TsVal{1}, TsVal{0}});
  packet.segment()->options.add_nop();
  packet.segment()->options.add_window_scale(7);
  Bytes bytes = test::bytes_of(packet);
  bytes.resize(46);  // in the timestamps
  const auto view = find(bytes, true);
  ASSERT_TRUE(view);
  EXPECT_FALSE(view->tcp().options_are_whole());
  EXPECT_EQ(TcpOptions::find_window_scale(view->tcp().options()), std::nullopt);
  const Packet value = packet_of(*view, pool_);
  const TcpOptions& options = value.segment()->options;
  EXPECT_EQ(options.mss(), 1460);
  EXPECT_TRUE(options.sack_permitted());
  EXPECT_FALSE(options.has_timestamps());
  EXPECT_EQ(options.wire().size(), 20u) << "lengths stay true";
}

TEST_F(PacketViewTest, WrongOptionsAreAnIssueOnlyWhereTheyAreChecked) {
  Packet packet = test::tcp_packet(pool_, {.text = "hello\n"});
  for (int i = 0; i < 4; ++i) packet.segment()->options.add_nop();
  Bytes bytes = test::bytes_of(packet);
  bytes[42] = 5;  // SACK without blocks
  bytes[43] = 2;
  EXPECT_FALSE(find(bytes));
  const auto view = PacketView::find(bytes, issue_, {.verify_checksums = false, .check_tcp_options = false});
  ASSERT_TRUE(view);
  EXPECT_EQ(view->tcp().payload_size(), 6u);
  EXPECT_TRUE(packet_of(*view, pool_).segment()->options.sack().empty());
}

TEST_F(PacketViewTest, ALengthOfZeroIsWhatTheReaderSays) {
  for (const bool v6 : {false, true}) {
    Bytes bytes = data(v6);
    bytes[v6 ? 4 : 2] = bytes[v6 ? 5 : 3] = 0;
    EXPECT_FALSE(find(bytes));
    bytes.resize(bytes.size() + 80'000);
    const auto view =
        PacketView::find(bytes, issue_, {.verify_checksums = false, .length_if_zero = bytes.size()});
    ASSERT_TRUE(view) << issue_.message;
    EXPECT_EQ(view->tcp().payload_size(), 80'006u);
    EXPECT_EQ(packet_of(*view, pool_).segment()->payload.size(), 80'006u);
    bytes.resize(200);
    const auto cut = PacketView::find(
        bytes, issue_, {.truncated = true, .verify_checksums = false, .length_if_zero = 80'000});
    ASSERT_TRUE(cut);
    EXPECT_EQ(cut->tcp().payload_size(), 80'000u - (v6 ? 64u : 44u));
    EXPECT_EQ(packet_of(*cut, pool_).segment()->payload.size(), cut->tcp().payload_size());
    EXPECT_FALSE(PacketView::find(bytes, issue_,
                                  {.truncated = true, .verify_checksums = false, .length_if_zero = 2 << 20}));
    EXPECT_EQ(issue_.message, "IP length 2097152, expected at most 1048576");
  }
}

TEST_F(PacketViewTest, AJumboPayloadOptionIsTheLength) {  // RFC 2675
  Bytes bytes = data(true);
  const auto jumbo = static_cast<std::uint8_t>(bytes.size() - 40 + 8);
  const Bytes option{6, 0, 0xc2, 4, 0, 0, 0, jumbo};
  bytes.insert(bytes.begin() + 40, option.begin(), option.end());
  bytes[6] = 0;
  bytes[4] = bytes[5] = 0;
  bytes.resize(bytes.size() + 3);  // a frame's padding
  const auto view =
      PacketView::find(bytes, issue_, {.verify_checksums = false, .length_if_zero = bytes.size()});
  ASSERT_TRUE(view) << issue_.message;
  EXPECT_EQ(view->tcp().payload_size(), 6u);
}

TEST_F(PacketViewTest, AnAuthenticationHeaderIsPassed) {  // RFC 4302, over both families
  for (const bool v6 : {false, true}) {
    Bytes bytes = data(v6);
    const std::size_t ip = v6 ? 40 : 20;
    const Bytes header{6, 4, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
    bytes.insert(bytes.begin() + static_cast<std::ptrdiff_t>(ip), header.begin(), header.end());
    bytes[v6 ? 6 : 9] = 51;
    bytes[v6 ? 5 : 3] = static_cast<std::uint8_t>(bytes[v6 ? 5 : 3] + header.size());
    ASSERT_TRUE(find(bytes)) << issue_.message;
    EXPECT_EQ(find(bytes)->tcp().payload_size(), 6u);
    bytes.resize(ip + 12);
    EXPECT_FALSE(find(bytes, true));
  }
}

TEST_F(PacketViewTest, OptionsHaveTheSameFaultsAsTheirValue) {
  Rng rng{7};
  for (int round = 0; round < 20'000; ++round) {
    Bytes wire(rng.below(42));
    for (auto& byte : wire) byte = static_cast<std::uint8_t>(rng.below(12));
    std::size_t fault = 0;
    const auto value = TcpOptions::parse(wire, &fault);
    const auto found = TcpOptions::find_fault(wire);
    ASSERT_EQ(value.has_value(), !found.has_value());
    if (found) {
      ASSERT_EQ(*found, fault);
    }
    const std::size_t whole = wire.size() + rng.below(8);
    const TcpOptions read = TcpOptions::read(wire, whole);
    ASSERT_EQ(read.wire().size(), std::min<std::size_t>(whole, TcpOptions::kMaxBytes));
    ASSERT_FALSE(TcpOptions::find_fault(read.wire())) << "what is left is sound";
    if (wire.size() <= TcpOptions::kMaxBytes) {
      ASSERT_EQ(TcpOptions::find_window_scale(wire), read.window_scale());
    }
    if (value) {
      ASSERT_EQ(TcpOptions::find_window_scale(wire), value->window_scale());
    }
  }
}

}  // namespace
}  // namespace halfopen
