#include "client/exercise_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <set>

#include "client/message_file.h"

namespace cellar {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(ParseExerciseTest, ReadsAnExercise) {
  const auto exercise = ParseExercise(
      "title: 'a' model { layers { rnn { } } } sequences { inputs { values: 1 } }", "a.textproto");
  ASSERT_TRUE(exercise.ok()) << exercise.status();
  EXPECT_EQ(exercise->title(), "a");
  EXPECT_EQ(exercise->sequences_size(), 1);
}

TEST(ParseExerciseTest, ABareModelIsAnExerciseWithoutSequences) {
  for (const char* text : {"display_name: 'm' layers { rnn { } }",
                           R"({"displayName": "m", "layers": [{"rnn": {}}]})"}) {
    const auto exercise = ParseExercise(text, "-");
    ASSERT_TRUE(exercise.ok()) << exercise.status();
    EXPECT_EQ(exercise->model().display_name(), "m");
    EXPECT_EQ(exercise->model().layers_size(), 1);
    EXPECT_EQ(exercise->sequences_size(), 0);
  }
}

TEST(ParseExerciseTest, ASerializedFileIsAModel) {
  v1::Model model;
  model.set_display_name("m");
  const auto exercise = ParseExercise(model.SerializeAsString(), "m.binpb");
  ASSERT_TRUE(exercise.ok()) << exercise.status();
  EXPECT_EQ(exercise->model().display_name(), "m");
}

TEST(ParseExerciseTest, TheErrorIsThatOfTheKindMeant) {
  EXPECT_THAT(std::string(ParseExercise("title: 'a'\nmodel { layer { } }", "f").status().message()),
              HasSubstr("f:2:9: Model has no field \"layer\" (did you mean `layers`?)"));
  EXPECT_THAT(std::string(ParseExercise("layers { }\nlayers { rnm { } }", "f").status().message()),
              HasSubstr("f:2:10: Layer has no field \"rnm\" (did you mean `rnn`?)"));
}

TEST(ParseExerciseTest, AFileWithoutAModelIsRefused) {
  EXPECT_THAT(std::string(ParseExercise("", "f.textproto").status().message()),
              HasSubstr("f.textproto: there is no `model` in it"));
}

TEST(LoadStateTest, ReadsAStateAndTellsWhatIsWrong) {
  const std::string path = ::testing::TempDir() + "/cellar_exercise_file_test.textproto";
  ASSERT_TRUE(WriteFile(path, "layers { h { values: 1 } c { values: 0.5 } }").ok());
  const auto state = LoadState(path);
  ASSERT_TRUE(state.ok()) << state.status();
  EXPECT_THAT(state->layers(0).c().values(), ElementsAre(0.5));
  ASSERT_TRUE(WriteFile(path, "layers { x { } }").ok());
  EXPECT_THAT(std::string(LoadState(path).status().message()), HasSubstr(":1:10: LayerState has"));
  std::filesystem::remove(path);
  EXPECT_FALSE(LoadState(path).ok());
}

TEST(ExamplesTest, EveryExampleIsAnExerciseWithTitlesAndSequences) {
  std::set<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(CELLAR_EXAMPLES)) {
    if (!entry.is_regular_file()) continue;
    const auto exercise = LoadExercise(entry.path());
    ASSERT_TRUE(exercise.ok()) << exercise.status();
    EXPECT_FALSE(exercise->title().empty()) << entry.path();
    EXPECT_FALSE(exercise->description().empty()) << entry.path();
    EXPECT_GT(exercise->sequences_size(), 0) << entry.path();
    names.insert(entry.path().filename());
  }
  EXPECT_GE(names.size(), 5u);
  EXPECT_TRUE(names.count("homework.textproto"));
}

TEST(TakeInitialStateTest, TheFirstSequencesUnlessTheRequestHasOne) {
  v1::Exercise exercise;
  v1::CreateSessionRequest request;
  TakeInitialState(exercise, request);
  EXPECT_FALSE(request.has_initial_state());
  exercise.add_sequences();
  TakeInitialState(exercise, request);
  EXPECT_FALSE(request.has_initial_state());
  exercise.mutable_sequences(0)->mutable_initial_state()->add_layers();
  TakeInitialState(exercise, request);
  EXPECT_EQ(request.initial_state().layers_size(), 1);
  exercise.mutable_sequences(0)->mutable_initial_state()->add_layers();
  TakeInitialState(exercise, request);
  EXPECT_EQ(request.initial_state().layers_size(), 1) << "it had one";
}

}  // namespace
}  // namespace cellar
