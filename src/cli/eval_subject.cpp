#include "cli/eval_subject.h"

#include <algorithm>
#include <fstream>

#include "base/digest.h"
#include "base/format.h"
#include "recipe/hub.h"

namespace retort {
namespace {

namespace fs = std::filesystem;
constexpr int64_t kMiB = int64_t{1} << 20;

Result<void> add_file(Digest& digest, const Path& file) {
  std::ifstream in(file, std::ios::binary);
  std::error_code error;
  const auto size = static_cast<int64_t>(fs::file_size(file, error));
  if (!in || error) return Error{ErrorCode::Unreadable, format("cannot read {}", file.string())};
  digest.add(format("{}\n{}\n", file.filename().string(), size));
  std::string chunk(static_cast<size_t>(std::min(size, 2 * kMiB)), '\0');
  const auto head = static_cast<std::streamsize>(std::min(size, kMiB)),
             tail = static_cast<std::streamsize>(chunk.size()) - head;
  in.read(chunk.data(), head);
  in.seekg(size - tail);
  in.read(chunk.data() + head, tail);
  if (!in) return Error{ErrorCode::Unreadable, format("cannot read {}", file.string())};
  digest.add(chunk);
  return {};
}

}  // namespace

Result<EvalSubject> find_subject(const std::string& text) {
  EvalSubject subject{.text = text};
  if (text == "practice" || text.starts_with("http://") || text.starts_with("https://")) {
    subject.kind = EvalSubject::Kind::Address;
    return subject;
  }
  subject.folder = text;
  if (fs::exists(subject.folder / "run.db") && fs::exists(subject.folder / "run.toml")) {
    subject.kind = EvalSubject::Kind::Run;
    subject.run = RETORT_TRY(load_run_file(subject.folder / "run.toml"));
    subject.folder /= "export";
    if (!fs::exists(subject.folder))
      return Error{ErrorCode::NotFound,
                   format("the run {} has no export yet; let it finish (retort run), or name one of its "
                          "checkpoints",
                          text)};
    return subject;
  }
  subject.folder = RETORT_TRY(resolve_model(subject.folder));
  if (!fs::exists(subject.folder))
    return Error{
        ErrorCode::NotFound,
        format("{} is no folder, file, run or address; give a model folder, a GGUF file, a run's folder, "
               "\"org/name\" of the hub, or http(s)://.../v1",
               text)};
  return subject;
}

Result<std::string> model_fingerprint(const Path& folder_or_file) {
  std::vector<Path> files;
  if (fs::is_directory(folder_or_file)) {
    for (const auto& entry : fs::directory_iterator(folder_or_file)) {
      const std::string extension = entry.path().extension().string();
      const bool counts = extension == ".json" || extension == ".safetensors" || extension == ".gguf" ||
                          extension == ".jinja";
      if (counts && entry.is_regular_file()) files.push_back(entry.path());
    }
    std::sort(files.begin(), files.end());
  } else {
    files.push_back(folder_or_file);
  }
  Digest digest(DigestKind::Sha256);
  for (const Path& file : files) RETORT_TRY(add_file(digest, file));
  return digest.hex();
}

Result<OpenedStudent> open_student_subject(const Path& folder, const StudentSection& section) {
  OpenedStudent opened;
  opened.student = RETORT_TRY(Student::open(folder, section));
  opened.student->sampling() = section.sampling;
  Student& student = *opened.student;
  // What makes another answer of the same question belongs to the name; slots and threads do not.
  const StudentSampling& s = section.sampling;
  std::string identity = format("{} template {} seed {} top_k {} top_p {} min_p {} repetition {}",
                                RETORT_TRY(model_fingerprint(folder)), section.chat_template, section.seed,
                                s.top_k, s.top_p, s.min_p, s.repetition_penalty);
  if (s.precision != "fp32") identity += " precision " + s.precision;
  opened.respondent =
      make_answerer_respondent(student, {.identity = identity,
                                         .batch = static_cast<size_t>(std::max<int64_t>(2 * s.slots, 1)),
                                         .prepare = [&student](double temperature, int64_t tokens_max) {
                                           student.sampling().temperature = temperature;
                                           student.sampling().tokens_max = tokens_max;
                                         }});
  return opened;
}

}  // namespace retort
