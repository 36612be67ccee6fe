#include "client/trace_view.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/client/trace_builder.h"

namespace cellar {
namespace {

using ::testing::ElementsAre;

std::vector<std::string> Names(const LayerView& layer) {
  std::vector<std::string> names;
  for (const TraceQuantity& quantity : layer.quantities) names.push_back(quantity.name);
  return names;
}

TEST(LayerViewsTest, EveryCellShowsItsLettersInTheOrderOfItsEquations) {
  v1::Trace lstm = LstmTrace();
  EXPECT_THAT(Names(LayerViews(lstm).at(0)), ElementsAre("f", "i", "o", "g", "c", "h"));
  *lstm.mutable_layers(0)->mutable_unrounded_h() = lstm.outputs();
  EXPECT_THAT(Names(LayerViews(lstm).at(0)),
              ElementsAre("f", "i", "o", "g", "c", "unrounded_h", "h"));
  const v1::Trace stack = TwoLayerTrace();
  EXPECT_THAT(Names(LayerViews(stack).at(0)), ElementsAre("z", "r", "g", "h"));
  EXPECT_THAT(Names(LayerViews(stack).at(1)), ElementsAre("h"));
}

TEST(LayerViewsTest, LayersHaveTitlesAndTheOutputAloneHasNone) {
  v1::Trace trace = TwoLayerTrace();
  *trace.add_backward_layers()->mutable_h() = Matrix(1, {0});
  const auto views = LayerViews(trace);
  ASSERT_EQ(views.size(), 3u);
  EXPECT_EQ(views[1].title, "layer 2");
  EXPECT_EQ(views[2].title, "layer 1 backward");
  v1::Trace output;
  *output.mutable_outputs() = Matrix(1, {5});
  ASSERT_EQ(LayerViews(output).size(), 1u);
  EXPECT_EQ(LayerViews(output)[0].title, "");
  EXPECT_THAT(Names(LayerViews(output)[0]), ElementsAre("h"));
}

TEST(LayerTableTest, AScalarLayerHasAColumnALetter) {
  const v1::Trace trace = LstmTrace();
  const v1::Tensor inputs = Matrix(2, {0, 1});
  TraceTableOptions options;
  options.first_step = 7;
  options.inputs = &inputs;
  const Table table = LayerTable(LayerViews(trace)[0], options);
  EXPECT_THAT(table.header, ElementsAre("t", "x", "f", "i", "o", "g", "c", "h"));
  EXPECT_THAT(table.rows, ElementsAre(ElementsAre("7", "0", "3", "5", "7", "9", "1", "0.5"),
                                      ElementsAre("8", "1", "4", "6", "8", "10", "2", "-0.25")));
}

TEST(LayerTableTest, AVectorHasAColumnAnElementUpToTheLimit) {
  const v1::Trace trace = TwoLayerTrace();
  TraceTableOptions options;
  EXPECT_THAT(LayerTable(LayerViews(trace)[0], options).header,
              ElementsAre("t", "z[0]", "z[1]", "r[0]", "r[1]", "g[0]", "g[1]", "h[0]", "h[1]"));
  options.max_elements = 1;
  const Table table = LayerTable(LayerViews(trace)[0], options);
  EXPECT_THAT(table.header, ElementsAre("t", "z[0]", "r[0]", "g[0]", "h[0]"));
  EXPECT_THAT(table.rows, ElementsAre(ElementsAre("0", "3", "5", "7", "1")));
}

TEST(StepRowsTest, AScalarCellLooksLikeItsTable) {
  const v1::Trace trace = LstmTrace();
  const v1::Tensor inputs = Matrix(2, {0, 1});
  TraceTableOptions options;
  options.inputs = &inputs;
  const Table rows = StepRows(trace, options);
  const Table table = LayerTable(LayerViews(trace)[0], options);
  EXPECT_EQ(rows.header, table.header);
  EXPECT_EQ(rows.rows, table.rows);
}

TEST(StepRowsTest, AStackHasARowForEachLayerAndElement) {
  const v1::Trace trace = TwoLayerTrace();
  const v1::Tensor inputs = Matrix(1, {0.5, -1});
  TraceTableOptions options;
  options.inputs = &inputs;
  const Table table = StepRows(trace, options);
  EXPECT_THAT(table.header, ElementsAre("t", "layer", "k", "x", "z", "r", "g", "h"));
  EXPECT_THAT(table.rows, ElementsAre(ElementsAre("0", "1", "0", "0.5 -1", "3", "5", "7", "1"),
                                      ElementsAre("0", "1", "1", "", "4", "6", "8", "2"),
                                      ElementsAre("0", "2", "0", "", "", "", "", "9")));
}

}  // namespace
}  // namespace cellar
