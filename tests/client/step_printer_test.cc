#include "client/step_printer.h"

#include <gtest/gtest.h>

#include <sstream>

#include "client/tensor.h"
#include "tests/client/trace_builder.h"

namespace cellar {
namespace {

v1::StepResponse Answer(int64_t first_step, const v1::Trace& trace, int64_t step_count) {
  v1::StepResponse answer;
  answer.set_first_step(first_step);
  answer.set_step_count(step_count);
  *answer.mutable_trace() = trace;
  return answer;
}

v1::Trace Output(double h) {
  v1::Trace trace;
  *trace.mutable_outputs() = Matrix(1, {h});
  return trace;
}

TEST(StepPrinterTest, PrintsTheHeaderOnce) {
  std::ostringstream out;
  StepPrinter printer(out, {});
  printer.Print(Answer(0, Output(1), 1), MakeTensor({0}));
  printer.Print(Answer(1, Output(-0.76159), 1), MakeTensor({1}));
  EXPECT_EQ(out.str(),
            " t   x        h\n"
            " 0   0        1\n"
            " 1   1  -0.7616\n");
}

TEST(StepPrinterTest, LinesOfAKeptSessionTellTheDurableStep) {
  std::ostringstream out;
  StepPrinter printer(out, {.form = StepPrinter::Form::kJsonLines, .is_kept = true});
  v1::StepResponse answer = Answer(3, Output(1), 1);
  answer.set_durable_step(2);
  printer.Print(answer, MakeTensor({0}));
  EXPECT_NE(out.str().find("\"t\": 3"), std::string::npos);
  EXPECT_NE(out.str().find(", \"durable_step\": 2, "), std::string::npos) << out.str();
}

TEST(StepPrinterTest, RepeatsTheHeaderWhenAColumnWidens) {
  std::ostringstream out;
  StepPrinter printer(out, {});
  printer.Print(Answer(0, Output(1), 1), MakeTensor({0}));
  printer.Print(Answer(1, Output(-1.2342e-44), 1), MakeTensor({1}));
  EXPECT_EQ(out.str(),
            " t   x        h\n"
            " 0   0        1\n"
            " t   x           h\n"
            " 1   1  -1.234e-44\n");
}

TEST(StepPrinterTest, RepeatsTheHeaderWhenAsked) {
  std::ostringstream out;
  StepPrinter printer(out, {});
  printer.Print(Answer(0, Output(1), 1), MakeTensor({0}));
  printer.RepeatHeader();
  printer.Print(Answer(1, Output(1), 1), MakeTensor({0}));
  EXPECT_EQ(out.str(),
            " t   x        h\n"
            " 0   0        1\n"
            " t   x        h\n"
            " 1   0        1\n");
}

TEST(StepPrinterTest, ShowsTheInputOfTheLastStepWithTheLastStep) {
  std::ostringstream out;
  StepPrinter printer(out, {.form = StepPrinter::Form::kCsv});
  printer.Print(Answer(4, Output(1), 3), MakeTensor({7, 8, 9}));
  EXPECT_EQ(out.str(), "t,x,h\n6,9,1\n");
}

TEST(StepPrinterTest, CsvHasOneHeader) {
  std::ostringstream out;
  StepPrinter printer(out, {.form = StepPrinter::Form::kCsv});
  printer.Print(Answer(0, LstmTrace(), 2), MakeTensor({0, 1}));
  printer.Print(Answer(2, LstmTrace(), 2), MakeTensor({0, 1}));
  EXPECT_EQ(out.str(),
            "t,x,f,i,o,g,c,h\n"
            "0,0,3,5,7,9,1,0.5\n1,1,4,6,8,10,2,-0.25\n"
            "2,0,3,5,7,9,1,0.5\n3,1,4,6,8,10,2,-0.25\n");
}

TEST(StepPrinterTest, JsonIsOneObjectALine) {
  std::ostringstream out;
  StepPrinter printer(out, {.form = StepPrinter::Form::kJsonLines});
  printer.Print(Answer(3, TwoLayerTrace(), 1), MakeTensor({0.5, 1}));
  EXPECT_EQ(
      out.str(),
      "{\"t\": 3, \"x\": [0.5, 1], \"layers\": [{\"z\": [3, 4], \"r\": [5, 6], \"g\": [7, 8], "
      "\"h\": [1, 2]}, {\"h\": [9]}]}\n");
}

TEST(StepPrinterTest, ColoursAreForTheHeaderOnly) {
  std::ostringstream out;
  StepPrinter printer(out, {.colours = true});
  printer.Print(Answer(0, Output(1), 1), MakeTensor({0}));
  EXPECT_EQ(out.str(),
            "\x1b[2m t   x        h\n\x1b[0m"
            " 0   0        1\n");
}

}  // namespace
}  // namespace cellar
