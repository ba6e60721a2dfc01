#include "serve/serve_engine.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/log.h"

namespace retort {

// Where the engine's thread puts the pieces of one ticket.
struct ServeEngine::Mailbox {
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<LivePiece> pieces;
  std::optional<Error> failure;
  size_t unfinished = 0;  // samples that more is to come of
  int64_t first = 0;
  Wake wake = Wake::EachPiece;
};

ServeEngine::ServeEngine(std::unique_ptr<LiveStudent> model, EngineOptions options)
    : model_(std::move(model)), options_(options) {
  figures_.slots = model_->slots();
  thread_ = std::thread([this] { run(); });
}

ServeEngine::~ServeEngine() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

Result<std::unique_ptr<ServeEngine::Ticket>> ServeEngine::submit(std::vector<LiveRequest> prompts,
                                                                 Wake wake) {
  std::lock_guard lock(mutex_);
  if (failure_) return Error{ErrorCode::ServerError, failure_->message};
  if (stopping_) return Error{ErrorCode::ServerError, "the server is being stopped"};
  const auto waiting = figures_.waiting + static_cast<int64_t>(inbox_.size() + prompts.size());
  if (waiting > options_.waiting_max)
    return Error{ErrorCode::RateLimited,
                 format("{} requests wait already; ask again in a moment", options_.waiting_max)};
  auto mailbox = std::make_shared<Mailbox>();
  const size_t count = prompts.size();
  mailbox->first = std::exchange(next_id_, next_id_ + static_cast<int64_t>(count));
  mailbox->wake = wake;
  for (const LiveRequest& prompt : prompts)
    mailbox->unfinished += static_cast<size_t>(prompt.settings.samples);
  for (size_t i = 0; i < count; ++i)
    inbox_.push_back({mailbox->first + static_cast<int64_t>(i), std::move(prompts[i]), mailbox});
  changed_.notify_all();
  return std::make_unique<Ticket>(*this, mailbox, mailbox->first, count);
}

EngineFigures ServeEngine::figures() const {
  std::lock_guard lock(mutex_);
  EngineFigures figures = figures_;
  for (const Command& command : inbox_) figures.waiting += command.request.has_value();
  return figures;
}

std::optional<Error> ServeEngine::failure() const {
  std::lock_guard lock(mutex_);
  return failure_;
}

void ServeEngine::run() {
  try {
    while (take_commands()) {
      const auto begin = std::chrono::steady_clock::now();
      std::vector<LivePiece> pieces = model_->step();
      const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;
      {
        std::lock_guard lock(mutex_);
        figures_.live = model_->live_count();
        figures_.waiting = model_->waiting_count();
        figures_.made_tokens = model_->made_tokens();
        figures_.steps += 1;
        figures_.step_seconds += seconds.count();
      }
      deliver(std::move(pieces));
    }
    fail({ErrorCode::ServerError, "the server is being stopped"});
  } catch (const std::exception& exception) {
    // The boundary of the thread: whoever waits is told, and the command ends with it.
    log_warning("the model failed: {}", exception.what());
    fail({ErrorCode::ServerError, exception.what()});
  }
}

// Waits until there is work; false when there will be no more.
bool ServeEngine::take_commands() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return stopping_ || !inbox_.empty() || !model_->is_idle(); });
  if (stopping_) return false;
  std::vector<Command> commands = std::exchange(inbox_, {});
  // Until the step has told who got a slot, those for whom none is free still wait.
  int64_t free = std::max<int64_t>(0, figures_.slots - figures_.live - figures_.waiting);
  for (Command& command : commands) {
    if (!command.request) continue;
    figures_.prompt_tokens += static_cast<int64_t>(command.request->prompt.size());
    if (free-- <= 0) ++figures_.waiting;
  }
  lock.unlock();
  for (Command& command : commands) {
    if (!command.request) {
      model_->cancel(command.id);
      addressees_.erase(command.id);
      continue;
    }
    addressees_[command.id] = {command.mailbox, static_cast<size_t>(command.request->settings.samples)};
    model_->submit(command.id, *std::move(command.request));
  }
  return true;
}

void ServeEngine::deliver(std::vector<LivePiece> pieces) {
  for (LivePiece& piece : pieces) {
    const auto found = addressees_.find(piece.request);
    if (found == addressees_.end()) continue;
    Mailbox& box = *found->second.mailbox;
    bool wakes = box.wake == Wake::EachPiece;
    {
      std::lock_guard lock(box.mutex);
      piece.request -= box.first;
      if (piece.finish) {
        wakes = --box.unfinished == 0 || wakes;
        --found->second.unfinished;
      }
      box.pieces.push_back(std::move(piece));
    }
    if (wakes) box.changed.notify_one();
    if (found->second.unfinished == 0) addressees_.erase(found);
  }
}

void ServeEngine::fail(const Error& error) {
  std::vector<Command> commands;
  {
    std::lock_guard lock(mutex_);
    if (!stopping_) failure_ = error;
    stopping_ = true;
    commands = std::exchange(inbox_, {});
  }
  for (const Command& command : commands)
    if (command.mailbox) addressees_[command.id] = {command.mailbox, 0};
  for (const auto& [id, addressee] : addressees_) {
    std::lock_guard lock(addressee.mailbox->mutex);
    addressee.mailbox->failure = error;
    addressee.mailbox->changed.notify_all();
  }
}

void ServeEngine::take_back(int64_t first, size_t count) {
  std::lock_guard lock(mutex_);
  for (size_t i = 0; i < count; ++i)
    inbox_.push_back({first + static_cast<int64_t>(i), std::nullopt, nullptr});
  changed_.notify_all();
}

ServeEngine::Ticket::~Ticket() {
  bool unfinished = false;
  {
    std::lock_guard lock(mailbox_->mutex);
    unfinished = mailbox_->unfinished > 0 && !mailbox_->failure;
  }
  if (unfinished) engine_.take_back(first_, count_);
}

Result<std::vector<LivePiece>> ServeEngine::Ticket::wait(int64_t timeout_ms) {
  std::unique_lock lock(mailbox_->mutex);
  mailbox_->changed.wait_for(lock, std::chrono::milliseconds(timeout_ms), [&] {
    const bool ready =
        mailbox_->wake == Wake::EachPiece ? !mailbox_->pieces.empty() : mailbox_->unfinished == 0;
    return ready || mailbox_->failure;
  });
  if (mailbox_->failure) return *mailbox_->failure;
  return std::exchange(mailbox_->pieces, {});
}

bool ServeEngine::Ticket::is_done() const {
  std::lock_guard lock(mailbox_->mutex);
  return mailbox_->unfinished == 0 && mailbox_->pieces.empty();
}

}  // namespace retort
