#include "serve/report.h"

#include "serve/view_json.h"
#include "serve/web_page.h"

namespace retort {
namespace {

// JSON in an HTML script element: a "<" could begin its end. JSON has them in strings alone, where an escape
// means the same.
std::string without_tags(const std::string& json) {
  std::string out;
  out.reserve(json.size());
  for (char c : json) {
    if (c == '<')
      out += "\\u003c";
    else
      out += c;
  }
  return out;
}

}  // namespace

Result<std::string> report_html(const RunView& view) {
  if (kWebScript.empty()) return Error{ErrorCode::NotFound, std::string(kPageNotBuilt)};
  Json data = Json::object();
  data.set("run", figures_json(view)).set("samples", report_samples_json(view.evidence));
  std::string html =
      "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; script-src ";
  html += csp_hash(kWebScript) + "; style-src " + csp_hash(kWebStyle);
  html +=
      "; base-uri 'none'; form-action 'none'\"><title>Retort report</title>"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">"
      "<meta name=\"color-scheme\" content=\"light dark\"><meta name=\"referrer\" content=\"no-referrer\">"
      "<style>";
  html += kWebStyle;
  html +=
      "</style></head><body><noscript><p>This report is drawn by the script in it, which is switched off "
      "here.</p></noscript>\n<script type=\"application/json\" id=\"report\">";
  html += without_tags(data.dump());
  html += "</script>\n<script type=\"module\">";
  html += kWebScript;
  return html + "</script></body></html>\n";
}

}  // namespace retort
