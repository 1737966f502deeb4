#include "capture/tell/json_writer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "capture/file/output_file.h"
#include "tests/capture/story.h"
#include "tests/support/scratch.h"

namespace halfopen {
namespace {

nlohmann::json written(std::vector<Verdict> verdicts = {}) {
  const test::Scratch scratch;
  JsonWriter writer{scratch.file("a.json"), test::story_run()};
  test::Story{writer}.tell();
  writer.set_verdicts(std::move(verdicts));
  writer.finish();
  const auto bytes = test::read_file(scratch.file("a.json"));
  return nlohmann::json::parse(bytes);
}

TEST(JsonWriter, TellsTheRun) {
  const auto json = written();
  EXPECT_EQ(json["format"], "halfopen/1");
  EXPECT_EQ(json["scenario"], "Server host crashes");
  EXPECT_EQ(json["seed"], 7);
  EXPECT_EQ(json["hosts"]["client"]["os"], "linux");
  EXPECT_EQ(json["hosts"]["server"]["program"], "echo-server");
  EXPECT_EQ(json["hosts"]["router"]["address"], "10.9.0.254");
}

TEST(JsonWriter, TellsCallsAndStatesInFull) {
  const auto json = written();
  ASSERT_EQ(json["calls"].size(), 2u);
  const auto& read = json["calls"][1];
  EXPECT_EQ(read["t"], 4'000'000'000);
  EXPECT_EQ(read["began"], 3'000'000'000);
  EXPECT_EQ(read["result"], -1);
  EXPECT_EQ(read["errno"], "EHOSTUNREACH");
  EXPECT_TRUE(json["calls"][0]["errno"].is_null());
  EXPECT_FALSE(read.contains("note"));
  ASSERT_EQ(json["states"].size(), 1u);
  EXPECT_EQ(json["states"][0]["to"], "ESTABLISHED");
  EXPECT_EQ(json["timeline"][0]["verb"], "server host crashes");
  EXPECT_EQ(json["processes"].size(), 2u);
}

TEST(JsonWriter, CountsPackets) {
  const auto json = written();
  EXPECT_EQ(json["packets"],
            (nlohmann::json{{"total", 10}, {"client", 6}, {"server", 3}, {"router", 1}, {"lost", 2}}));
  EXPECT_EQ(json["retransmissions"], (nlohmann::json{{"client", 1}, {"server", 0}}));
}

TEST(JsonWriter, TellsTheVerdicts) {
  EXPECT_EQ(written()["expectations"], nlohmann::json::array());
  const auto json = written({{Verdict::What::failed, "a.toml:3:1", "client read ETIMEDOUT", "nothing"}});
  EXPECT_EQ(json["expectations"][0], (nlohmann::json{{"text", "client read ETIMEDOUT"},
                                                     {"verdict", "failed"},
                                                     {"found", "nothing"},
                                                     {"place", "a.toml:3:1"}}));
}

TEST(JsonWriter, IsNotInterestedInTimers) {
  const test::Scratch scratch;
  const JsonWriter writer{scratch.file("a.json"), test::story_run()};
  EXPECT_FALSE(writer.wants(NoteKind::timer));
  EXPECT_TRUE(writer.wants(NoteKind::call));
}

}  // namespace
}  // namespace halfopen
