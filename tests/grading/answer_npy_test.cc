#include "server/grading/answer_npy.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/testing/exercise_builder.h"

namespace cellar {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Optional;

// Asks for six values.
Exercise Six() {
  Exercise exercise = HomeworkExercise();
  exercise.questions.pop_back();
  return exercise;
}

// A file as numpy.save writes it.
std::string Npy(const std::string& descr, const std::string& shape, const std::string& data,
                const std::string& order = "False", int major = 1) {
  std::string header = absl::StrCat("{'descr': '", descr, "', 'fortran_order': ", order,
                                    ", 'shape': ", shape, ", }");
  header += std::string(63 - (header.size() + 10) % 64, ' ') + "\n";
  std::string file = "\x93NUMPY";
  file += static_cast<char>(major);
  file += '\0';
  for (int i = 0; i < (major == 1 ? 2 : 4); ++i) {
    file += static_cast<char>(header.size() >> (8 * i) & 0xFF);
  }
  return file + header + data;
}

template <class Number>
std::string Bytes(const std::vector<Number>& numbers, bool big_endian = false) {
  std::string bytes;
  for (const Number number : numbers) {
    std::string one(reinterpret_cast<const char*>(&number), sizeof(number));
    if (big_endian == (std::endian::native == std::endian::little)) {
      std::reverse(one.begin(), one.end());
    }
    bytes += one;
  }
  return bytes;
}

const auto kRight = ElementsAre(Optional(ElementsAre(0, 0, 1, -1, 1, 0)));

std::string NpyProblem(const std::string& content) {
  const ReadProblems problems = ReadNpy(Six(), content).problems;
  return problems.empty() ? "no problem" : problems[0].reason;
}

TEST(ReadNpy, EveryRealAndSignedType) {
  const auto check = [](const std::string& descr, const std::string& data) {
    const ReadAnswer read = ReadNpy(Six(), Npy(descr, "(6,)", data));
    EXPECT_THAT(read.problems, IsEmpty()) << descr;
    EXPECT_THAT(read.answer, kRight) << descr;
  };
  check("<f8", Bytes<double>({0, 0, 1, -1, 1, 0}));
  check(">f8", Bytes<double>({0, 0, 1, -1, 1, 0}, true));
  check("<f4", Bytes<float>({0, 0, 1, -1, 1, 0}));
  check(">f4", Bytes<float>({0, 0, 1, -1, 1, 0}, true));
  check("<f2", Bytes<uint16_t>({0, 0, 0x3C00, 0xBC00, 0x3C00, 0x8000}));
  check("<i8", Bytes<int64_t>({0, 0, 1, -1, 1, 0}));
  check("<i4", Bytes<int32_t>({0, 0, 1, -1, 1, 0}));
  check(">i2", Bytes<int16_t>({0, 0, 1, -1, 1, 0}, true));
  check("|i1", Bytes<int8_t>({0, 0, 1, -1, 1, 0}));
}

TEST(ReadNpy, UnsignedTypesAndBooleans) {
  const auto values = ElementsAre(Optional(ElementsAre(0, 255, 1, 2, 3, 4)));
  EXPECT_THAT(ReadNpy(Six(), Npy("|u1", "(6,)", Bytes<uint8_t>({0, 255, 1, 2, 3, 4}))).answer,
              values);
  EXPECT_THAT(ReadNpy(Six(), Npy("<u4", "(6,)", Bytes<uint32_t>({0, 255, 1, 2, 3, 4}))).answer,
              values);
  EXPECT_THAT(ReadNpy(Six(), Npy("|b1", "(6,)", Bytes<uint8_t>({0, 1, 1, 0, 1, 0}))).answer,
              ElementsAre(Optional(ElementsAre(0, 1, 1, 0, 1, 0))));
  EXPECT_EQ(ReadNpy(Six(), Npy("<u8", "(6,)", Bytes<uint64_t>({~uint64_t{0}, 0, 0, 0, 0, 0})))
                .answer[0]
                ->at(0),
            18446744073709551616.0);
}

TEST(ReadNpy, HalfPrecisionHasDenormalsInfinitiesAndNan) {
  const auto read = ReadNpy(
      Six(), Npy("<f2", "(6,)", Bytes<uint16_t>({1, 0x7C00, 0xFC00, 0x7E00, 0x3555, 0x7BFF})));
  const std::vector<double>& values = *read.answer[0];
  EXPECT_EQ(values[0], std::ldexp(1, -24));
  EXPECT_EQ(values[1], INFINITY);
  EXPECT_EQ(values[2], -INFINITY);
  EXPECT_TRUE(std::isnan(values[3]));
  EXPECT_EQ(values[4], 0.333251953125);
  EXPECT_EQ(values[5], 65504);
}

TEST(ReadNpy, AnyShapeInEitherOrder) {
  const std::string c = Bytes<double>({0, 0, 1, -1, 1, 0});
  EXPECT_THAT(ReadNpy(Six(), Npy("<f8", "(2, 3)", c)).answer, kRight);
  EXPECT_THAT(ReadNpy(Six(), Npy("<f8", "(6, 1, 1)", c)).answer, kRight);
  // [[0, 0, 1], [-1, 1, 0]] column by column.
  EXPECT_THAT(
      ReadNpy(Six(), Npy("<f8", "(2, 3)", Bytes<double>({0, -1, 0, 1, 1, 0}), "True")).answer,
      kRight);
  EXPECT_THAT(ReadNpy(Six(), Npy("<f8", "(6,)", c, "True")).answer, kRight);
}

TEST(ReadNpy, EveryVersion) {
  const std::string data = Bytes<double>({0, 0, 1, -1, 1, 0});
  for (const int major : {1, 2, 3}) {
    EXPECT_THAT(ReadNpy(Six(), Npy("<f8", "(6,)", data, "False", major)).answer, kRight);
  }
  EXPECT_THAT(NpyProblem(Npy("<f8", "(6,)", data, "False", 4)), HasSubstr("unknown version"));
}

TEST(ReadNpy, OneNumberHasNoAxes) {
  Exercise exercise = Six();
  exercise.questions[0].steps = {2};
  EXPECT_THAT(ReadNpy(exercise, Npy("<f8", "()", Bytes<double>({1}))).answer,
              ElementsAre(Optional(ElementsAre(1))));
}

TEST(ReadNpy, OtherTypesAreRefusedByName) {
  for (const char* descr :
       {"<c16", "|O", "<U3", "|S1", "<M8[s]", "<f16", "=f8", "<f3", "<i3", "|f8", "<b1x", ""}) {
    EXPECT_THAT(NpyProblem(Npy(descr, "(6,)", "")), HasSubstr("the file is an array of ")) << descr;
  }
}

TEST(ReadNpy, ATypeIsNamedWholeAndNothingElseOfTheHeader) {
  for (const auto& [descr, words] : std::vector<std::pair<const char*, const char*>>{
           {"|O", "is an array of Python objects, |O; it must be"},
           {"<c16", "is an array of type <c16; it must be"},
           {"<M8[s]", "is an array of type <M8[s]; it must be"},
           {"", "is an array of type ; it must be"},
           {"<a type with a very long name", "is an array of a type of unknown form; it must be"},
       }) {
    EXPECT_THAT(NpyProblem(Npy(descr, "(6,)", "")), HasSubstr(words)) << descr;
  }
  const auto replaced = [](const std::string& by) {
    std::string file = Npy("<f8", "(6,)", "");
    file.replace(file.find("'<f8'"), 5, by);
    return NpyProblem(file);
  };
  EXPECT_THAT(replaced("[('a'"), HasSubstr("is an array of records; it must be"));
  EXPECT_THAT(replaced("12345"), HasSubstr("is an array of a type of unknown form; it must be"));
}

TEST(ReadNpy, DamagedFilesAreTold) {
  const std::string good = Npy("<f8", "(6,)", Bytes<double>({0, 0, 1, -1, 1, 0}));
  for (size_t size = 0; size < good.size(); ++size) {
    EXPECT_FALSE(ReadNpy(Six(), good.substr(0, size)).problems.empty()) << size;
  }
  EXPECT_THAT(NpyProblem(good + "x"), HasSubstr("does not fit its 49 bytes"));
  EXPECT_THAT(NpyProblem("PK\x03\x04"), HasSubstr("does not begin as an .npy file"));
  const std::string data = Bytes<double>({0, 0, 1, -1, 1, 0});
  EXPECT_THAT(NpyProblem(Npy("<f8", "(-6,)", data)), HasSubstr("has no shape"));
  EXPECT_THAT(NpyProblem(Npy("<f8", "[6]", data)), HasSubstr("has no shape"));
  EXPECT_THAT(NpyProblem(Npy("<f8", "(4294967296, 4294967296)", data)), HasSubstr("does not fit"));
  EXPECT_THAT(NpyProblem(Npy("<f8", "(2, 9223372036854775811)", data)), HasSubstr("does not fit"))
      << "2^64 + 6 elements";
  EXPECT_THAT(NpyProblem(Npy("<f8", "(0, 18446744073709551615)", "")), HasSubstr("no values"));
  EXPECT_THAT(NpyProblem(Npy("<f8", "(5,)", Bytes<double>({0, 0, 1, -1, 1}))),
              HasSubstr("there are 5 values in the answer; wanted are 6"));
}

TEST(HasNpyMagic, IsTheFirstSixBytes) {
  EXPECT_TRUE(HasNpyMagic(Npy("<f8", "()", "")));
  EXPECT_FALSE(HasNpyMagic("NUMPY"));
  EXPECT_FALSE(HasNpyMagic(""));
}

}  // namespace
}  // namespace cellar
