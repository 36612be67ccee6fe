#include "client/json_writer.h"

#include <google/protobuf/struct.pb.h>
#include <google/protobuf/util/json_util.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace cellar {
namespace {

const NumberFormat kFull = NumberFormat::Full(v1::PRECISION_FLOAT64);

TEST(JsonWriterTest, WritesNestedValues) {
  JsonWriter json;
  json.BeginObject();
  json.Key("title");
  json.String("a \"b\"");
  json.Key("steps");
  json.BeginArray();
  json.BeginObject();
  json.Key("t");
  json.Integer(0);
  json.EndObject();
  json.Integer(7);
  json.EndArray();
  json.Key("none");
  json.BeginArray();
  json.EndArray();
  json.Key("h");
  json.Numbers({0, 0.5}, kFull);
  json.EndObject();
  EXPECT_EQ(json.Take(),
            "{\n"
            "  \"title\": \"a \\\"b\\\"\",\n"
            "  \"steps\": [\n"
            "    {\n"
            "      \"t\": 0\n"
            "    },\n"
            "    7\n"
            "  ],\n"
            "  \"none\": [],\n"
            "  \"h\": [0, 0.5]\n"
            "}\n");
  EXPECT_EQ(json.Take(), "\n") << "empty afterwards";
}

TEST(JsonWriterTest, EverythingFitsOnOneLineIfAskedFor) {
  JsonWriter json(JsonWriter::Layout::kOneLine);
  json.BeginObject();
  json.Key("a");
  json.BeginArray();
  json.Integer(1);
  json.Bool(true);
  json.Bool(false);
  json.EndArray();
  json.Key("b");
  json.String("two\nlines");
  json.EndObject();
  EXPECT_EQ(json.Take(), "{\"a\": [1, true, false], \"b\": \"two\\u000alines\"}\n");
}

TEST(JsonWriterTest, NumbersThatJsonHasNotAreStrings) {
  JsonWriter json;
  const double infinity = std::numeric_limits<double>::infinity();
  json.Numbers({std::nan(""), infinity, -infinity}, kFull);
  EXPECT_EQ(json.Take(), "[\"NaN\", \"Infinity\", \"-Infinity\"]\n");
}

TEST(JsonWriterTest, AnotherReaderGetsTheSameNumbersAndTexts) {
  const std::vector<double> numbers = {1e-320, 0.1, -1e300, 123456789.25, 1e6, 2.5e6};
  const std::string text = "tab\t bell\x07 back\\slash \xc3\xa4";
  JsonWriter json;
  json.BeginArray();
  for (const double number : numbers) json.Number(number, kFull);
  json.String(text);
  json.EndArray();
  google::protobuf::ListValue read;
  const auto status = google::protobuf::util::JsonStringToMessage(json.Take(), &read);
  ASSERT_TRUE(status.ok()) << status;
  for (size_t i = 0; i < numbers.size(); ++i) {
    EXPECT_EQ(read.values(static_cast<int>(i)).number_value(), numbers[i]);
  }
  EXPECT_EQ(read.values(static_cast<int>(numbers.size())).string_value(), text);
}

}  // namespace
}  // namespace cellar
