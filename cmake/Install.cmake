# What `cmake --install` puts where, below a prefix that may be moved as a whole.

install(TARGETS halfopen RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(TARGETS ${HALFOPEN_PROGRAMS} guest-init RUNTIME DESTINATION ${CMAKE_INSTALL_LIBEXECDIR}/halfopen)
install(FILES docs/man/halfopen.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
install(FILES docs/man/halfopen-scenario.5 DESTINATION ${CMAKE_INSTALL_MANDIR}/man5)
install(DIRECTORY scenarios DESTINATION ${CMAKE_INSTALL_DATADIR}/halfopen FILES_MATCHING PATTERN "*.toml")

# The program says what it takes. Each shell has its own place and name for a script.
set(HALFOPEN_COMPLETIONS bash-completion/completions/halfopen zsh/site-functions/_halfopen
                         fish/vendor_completions.d/halfopen.fish)
foreach(place ${HALFOPEN_COMPLETIONS})
  string(REGEX MATCH "^[a-z]+" shell ${place})
  set(script ${CMAKE_BINARY_DIR}/completions/${place})
  cmake_path(GET place PARENT_PATH directory)
  add_custom_command(OUTPUT ${script} DEPENDS halfopen VERBATIM
                     COMMAND ${CMAKE_COMMAND} -E make_directory ${CMAKE_BINARY_DIR}/completions/${directory}
                     COMMAND sh -c "exec \"$0\" completions \"$1\" > \"$2\"" $<TARGET_FILE:halfopen> ${shell} ${script})
  list(APPEND scripts ${script})
  install(FILES ${script} DESTINATION ${CMAKE_INSTALL_DATADIR}/${directory})
endforeach()
add_custom_target(completions ALL DEPENDS ${scripts})
