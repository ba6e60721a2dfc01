// Sample instructions. Here is the text that models wrote; it is shown as text, whatever it says.
#include <algorithm>

#include "serve/chart.h"
#include "serve/report_sections.h"

namespace retort {
namespace {

constexpr size_t kBytesMax = 6'000;  // of one text; a report stays a file that opens at once

Html text_block(const std::optional<std::string>& text) {
  Html html;
  if (!text) return html.write("<span class=\"faint\">none</span>");
  if (text->empty()) return html.write("<span class=\"faint\">an empty answer</span>");
  if (text->size() <= kBytesMax) return html.write("<div class=\"text\">{}</div>", *text);
  return html.write("<div class=\"text\">{}</div><div class=\"about\">… {} bytes more</div>",
                    text->substr(0, kBytesMax), text->size() - kBytesMax);
}

Html verdict_block(const SampleView& sample) {
  Html html;
  if (sample.verdicts.empty()) return html.write("<span class=\"faint\">not judged</span>");
  for (const Verdict& verdict : sample.verdicts) {
    html.write("<div><span class=\"faint\">{}</span> ",
               verdict.order == Order::TeacherFirst ? "teacher first:" : "student first:");
    if (verdict.teacher_score && verdict.student_score)
      html.write("<b class=\"n\">{:g} : {:g}</b></div>", *verdict.teacher_score, *verdict.student_score);
    else
      html.write("unjudged, {}</div>", verdict.reason.empty() ? "no reason given" : verdict.reason);
  }
  return html;
}

std::string about(const Instruction& instruction) {
  std::string text = instruction.kind;
  if (instruction.origin == Origin::Seed) return text + (text.empty() ? "a seed" : " · a seed");
  if (!text.empty()) text += " · ";
  std::string like = instruction.origin == Origin::Same   ? "a"
                     : instruction.origin == Origin::Hard ? "a hard"
                                                          : "an easy";
  return text + format("written in round {} from {} seed", instruction.round, like);
}

void write_sample(const SampleView& sample, const std::optional<double>& threshold, Html& html) {
  html.write("<tr><td data-label=\"instruction\">{}<div class=\"about\">{}</div></td>",
             text_block(sample.instruction.text), about(sample.instruction));
  html.write("<td data-label=\"teacher's answer\">{}</td><td data-label=\"student's answer\">{}</td>",
             text_block(sample.teacher), text_block(sample.student));
  html.write("<td data-label=\"verdicts, teacher : student\">{}", verdict_block(sample));
  if (sample.gap) {
    html.write("<div class=\"about\">gap {}", format("{:+g}", *sample.gap));
    if (threshold) html.write(": {}", *sample.gap >= *threshold ? "hard" : "easy");
    html.write("</div>");
  }
  html.write("</td></tr>");
}

}  // namespace

Html samples_section(const RunView& view) {
  const Evidence& evidence = view.evidence;
  Html html;
  if (evidence.samples.empty()) return html;
  html.write("<section><h2>What they said</h2><p>");
  std::optional<double> threshold;
  if (evidence.samples_round) {
    for (const GapView& gap : evidence.gaps)
      if (gap.round == *evidence.samples_round) threshold = gap.threshold;
    int64_t unjudged = std::count_if(evidence.samples.begin(), evidence.samples.end(),
                                     [](const SampleView& sample) { return !sample.gap.has_value(); });
    html.write(
        "{} of the {} pairs that round {} judged, spread evenly from the widest gap to the narrowest (not "
        "chosen by hand){}.",
        evidence.samples.size(), thousands(evidence.samples_from), *evidence.samples_round,
        unjudged == 0 ? "" : format("; the last {} got no scores", unjudged));
  } else {
    html.write("{} of {} instructions, spread evenly; no referee compared the answers.",
               evidence.samples.size(), thousands(evidence.samples_from));
  }
  html.write(
      "</p><table class=\"samples\"><thead><tr><th class=\"asked\">instruction</th><th "
      "class=\"said\">teacher's "
      "answer</th><th class=\"said\">student's answer</th><th>verdicts, teacher : "
      "student</th></tr></thead><tbody>");
  for (const SampleView& sample : evidence.samples) write_sample(sample, threshold, html);
  return html.write("</tbody></table></section>");
}

}  // namespace retort
