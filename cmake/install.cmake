# `cmake --install BUILD --prefix PREFIX` lays the program out as a package has it: what scripts/wheel and scripts/deb put into theirs.
# The program tells its own manual page and completions, so they are of the version that is installed.
install(PROGRAMS $<TARGET_FILE:retort> DESTINATION bin)  # as linked: it finds its libraries where they were, until a package says otherwise
install(DIRECTORY practice_base DESTINATION share/retort)
install(DIRECTORY examples DESTINATION share/doc/retort)
install(FILES README.md ARCHITECTURE.md DESTINATION share/doc/retort)
install(DIRECTORY docs DESTINATION share/doc/retort)
install(CODE [[
  set(share "$ENV{DESTDIR}${CMAKE_INSTALL_PREFIX}/share")
  function(told file)
    get_filename_component(folder "${share}/${file}" DIRECTORY)
    file(MAKE_DIRECTORY "${folder}")
    execute_process(COMMAND "${RETORT_PROGRAM}" ${ARGN} OUTPUT_FILE "${share}/${file}" COMMAND_ERROR_IS_FATAL ANY)
    message(STATUS "Installing: ${share}/${file}")
  endfunction()
]])
install(CODE "set(RETORT_PROGRAM \"$<TARGET_FILE:retort>\")")
install(CODE [[
  told(man/man1/retort.1 man)
  told(bash-completion/completions/retort completion bash)
  told(zsh/site-functions/_retort completion zsh)
  told(fish/vendor_completions.d/retort.fish completion fish)
]])
