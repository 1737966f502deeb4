// The tests' main(). Exit status 0 if all passed, 1 if one failed, kSkipped if none failed and some were
// skipped: ctest is told so, since a shard is many tests.
#include <gtest/gtest.h>

int main(int argc, char** argv) {
  constexpr int kSkipped = 77;  // SKIP_RETURN_CODE in tests/CMakeLists.txt
  testing::InitGoogleTest(&argc, argv);
  const int status = RUN_ALL_TESTS();
  if (status == 0 && testing::UnitTest::GetInstance()->skipped_test_count() > 0) return kSkipped;
  return status;
}
