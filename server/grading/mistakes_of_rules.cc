#include "server/grading/mistake_changes.h"
#include "server/grading/mistake_tables.h"

namespace cellar {
namespace {

constexpr auto kExact = ActivationRule::kExact;
constexpr auto kSaturating = ActivationRule::kSaturating;

}  // namespace

// clang-format off
std::vector<Mistake> MistakesOfRules() {
  return {
      {"raw_feedback", "the unrounded h is fed back", AnyCell(), Seen::kOften,
       RoundAt(RoundingScope::kReport),
       "The rounded h is the h of the next step here. Round at every step, not only in the answer."},
      {"rounded_feedback", "the rounded h is fed back", AnyCell(), Seen::kOften,
       RoundAt(RoundingScope::kFeedback),
       "Only the answer is rounded here. The next step takes the h before rounding."},
      {"not_rounded", "h is not rounded", AnyCell(), Seen::kOften,
       RoundHiddenBy(RoundingRule::kNone), "The exercise wants h rounded to integers."},
      {"answer_not_rounded", "h is rounded for the next step, but not in the answer", AnyCell(), Seen::kSeldom,
       ShowUnrounded(), "The answer wants the rounded h, the same that the next step sees."},
      {"ties_away_from_zero", "0.5 is rounded away from zero", AnyCell(), Seen::kOften,
       RoundHiddenBy(RoundingRule::kTiesAway),
       "Halves are rounded towards zero here: 0.5 and -0.5 become 0. Many library functions named round do otherwise."},
      {"ties_up", "0.5 is rounded up", AnyCell(), Seen::kSeldom,
       RoundHiddenBy(RoundingRule::kTiesUp), "Halves are rounded towards zero here: 0.5 becomes 0, and so does -0.5."},
      {"ties_to_even", "halves are rounded to the even neighbour", AnyCell(), Seen::kSeldom,
       RoundHiddenBy(RoundingRule::kTiesToEven),
       "Halves are rounded towards zero here: 1.5 becomes 1. Rounding to even gives the same for 0.5, not for 1.5."},
      {"rounded_up", "h is rounded up", AnyCell(), Seen::kSeldom, RoundHiddenBy(RoundingRule::kUp),
       "h is to be rounded to the nearest integer, not to the next one above."},
      {"rounded_down", "h is rounded down", AnyCell(), Seen::kSeldom,
       RoundHiddenBy(RoundingRule::kDown),
       "h is to be rounded to the nearest integer, not to the next one below."},
      {"truncated", "the decimals of h are cut off", AnyCell(), Seen::kSeldom,
       RoundHiddenBy(RoundingRule::kTruncate),
       "h is to be rounded to the nearest integer. Conversion to an integer type cuts the decimals off."},
      {"rounded_needlessly", "h is rounded in the answer", AnyCell(), Seen::kSeldom,
       RoundNeedlessly(RoundingScope::kReport), "h is not to be rounded here."},
      {"rounded_and_fed_back_needlessly", "h is rounded at every step", AnyCell(), Seen::kSeldom,
       RoundNeedlessly(RoundingScope::kFeedback),
       "h is not to be rounded here, neither in the answer nor before the next step."},
      {"everything_cut", "gates and states are cut to integers", Gated(), Seen::kSeldom,
       CutEverything(),
       "Gates and states look as if their decimals had been cut off, as arrays of an integer type do."},
      {"gates_rounded", "gates and candidate are rounded", Gated(), Seen::kSeldom,
       Use(&StepFormulas::gate_rounding, RoundingRule::kTiesToEven),
       "Gates and candidate are not to be rounded; at most h is."},
      {"gates_rounded_ties_up", "gates and candidate are rounded, 0.5 up", Gated(), Seen::kSeldom,
       Use(&StepFormulas::gate_rounding, RoundingRule::kTiesUp),
       "Gates and candidate are not to be rounded; at most h is."},
      {"memory_rounded", "c is rounded", Lstm(), Seen::kSeldom,
       Use(&StepFormulas::memory_rounding, RoundingRule::kTiesToEven),
       "The memory c keeps its decimals; at most h is rounded."},
      {"exact_functions", "sigmoid and tanh are not saturated", AnyCell(), Seen::kOften,
       UseRules(kSaturating, {kExact, kExact, kExact}),
       "Sigmoid and tanh have their limits from 1 and -1 on here; the true functions come close only."},
      {"exact_tanh", "tanh is not saturated", AnyCell(), Seen::kOften,
       UseRules(kSaturating, {kSaturating, kExact, kExact}),
       "Tanh, too, is 1 from 1 on and -1 from -1 on here. Is it the library's that was called?"},
      {"exact_memory_tanh", "the {tanh} of c is not saturated", Lstm(), Seen::kSeldom,
       UseRules(kSaturating, {kSaturating, kSaturating, kExact}),
       "The {tanh} around c follows the same rule as the functions before it."},
      {"exact_sigmoid", "sigmoid is not saturated", AnyCell(), Seen::kSeldom,
       UseRules(kSaturating, {kExact, kSaturating, kSaturating}),
       "Sigmoid, too, has its limits from 1 and -1 on here."},
      {"saturating_functions", "sigmoid and tanh are saturated", AnyCell(), Seen::kSeldom,
       UseRules(kExact, {kSaturating, kSaturating, kSaturating}),
       "Sigmoid and tanh are the true functions here; beyond 1 and -1 they only come close to their limits."},
      {"saturating_sigmoid", "sigmoid is saturated", AnyCell(), Seen::kSeldom,
       UseRules(kExact, {kSaturating, kExact, kExact}),
       "Sigmoid is the true function here; sigmoid(1) is not 1."},
      {"saturating_tanh", "tanh is saturated", AnyCell(), Seen::kSeldom,
       UseRules(kExact, {kExact, kSaturating, kSaturating}),
       "Tanh is the true function here; tanh(1) is not 1."},
  };
}
// clang-format on

}  // namespace cellar
