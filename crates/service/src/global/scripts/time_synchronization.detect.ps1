# Checks that the Windows Time service runs and starts by itself.
# Exit code 1: it does not. 0: it does. 2: there is no such service.
$service = Get-CimInstance -ClassName Win32_Service -Filter "Name='W32Time'"
if (-not $service) { Write-Output 'there is no Windows Time service'; exit 2 }
Write-Output "W32Time is $($service.State), start mode $($service.StartMode)"
if ($service.State -ne 'Running' -or $service.StartMode -eq 'Disabled') { exit 1 }
exit 0
